import {
  loopDefinitionSchema,
  parseStrictJson,
  sha256Hex,
  type LoopDefinition,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'

import type { VerifyFault } from './fault.ts'
import type { NoteKey } from './note.ts'
import { createPageHasher, type PageHasher } from './page-hasher.ts'
import { runsOf } from './pages.ts'
import type { FindDefinition } from './run-check.ts'
import { verifyLog } from './verify-log.ts'
import { mostFaults, type VerifyReport } from './verify-run.ts'
import { verifyStored } from './verify-stored-run.ts'

export interface VerifyStoreOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** Only this run. */
  readonly runId?: string
  /** Also parses every entry: canonical form, legality, approvals, fold, and the leaves of the log. About ten times slower. */
  readonly deep?: boolean
  readonly onProgress?: (done: { readonly runs: number; readonly entries: number }) => void
  /** A checkpoint that was kept elsewhere: the store must still begin with what it signed. */
  readonly checkpoint?: { readonly note: string; readonly keys: readonly NoteKey[] }
}

/** A run of so many entries is worth a thread that hashes them. */
const longRun = 4000

/**
 * Verifies what a store holds of a tenant: every run, its record, and that the log and the runs know the same entries.
 * Commits may go on meanwhile. Names the first bad entry.
 */
export async function verifyStore({
  store,
  tenant,
  runId,
  deep = false,
  onProgress,
  checkpoint,
}: VerifyStoreOptions): Promise<VerifyReport> {
  const began = performance.now()
  const definitions = deep ? definitionsOf(store) : undefined
  const faults: VerifyFault[] = []
  const logged = runId === undefined ? (await store.logHead(tenant)).size : 0
  let [runs, entries] = [0, 0]
  const gone = { entries: 0, before: 0, runs: new Map<string, number>() }
  let hasher: PageHasher | undefined
  try {
    for await (const instance of runId === undefined
      ? runsOf(store, { tenant })
      : oneRun(store, tenant, runId)) {
      if (instance.version >= longRun) hasher ??= createPageHasher()
      const ahead = instance.version < longRun ? undefined : hasher
      const report = await verifyStored(store, instance, { definitions, hasher: ahead })
      const { dropped } = report
      runs += 1
      entries += report.entries
      if (dropped) {
        gone.runs.set(instance.runId, dropped.through)
        gone.entries += dropped.through
        gone.before = Math.max(gone.before, dropped.before)
      }
      faults.push(...report.faults.slice(0, mostFaults - faults.length))
      onProgress?.({ runs, entries })
    }
  } finally {
    await hasher?.close()
  }
  if (runId === undefined) {
    const found = await verifyLog({
      store,
      tenant,
      entries: entries + gone.entries,
      dropped: gone.runs,
      logged,
      deep,
      checkpoint,
    })
    faults.push(...found.slice(0, mostFaults - faults.length))
  }
  return {
    ok: faults.length === 0,
    entries,
    runs,
    durationMs: performance.now() - began,
    first: faults[0] ?? null,
    faults,
    ...(gone.runs.size > 0 && {
      retained: { runs: gone.runs.size, entries: gone.entries, before: gone.before },
    }),
  }
}

async function* oneRun(
  store: LoopStore,
  tenant: string,
  runId: string,
): AsyncGenerator<LoopInstance> {
  const instance = await store.getRun(tenant, runId)
  if (instance) yield instance
}

/** The definitions that a store keeps, each only under the digest that it really has. */
function definitionsOf(store: Pick<LoopStore, 'definition'>): FindDefinition {
  const known = new Map<string, LoopDefinition | null>()
  return async (digest) => {
    const before = known.get(digest)
    if (before !== undefined) return before
    const definition = readDefinition(await store.definition(digest), digest)
    known.set(digest, definition)
    return definition
  }
}

export function readDefinition(text: string | null, digest: string): LoopDefinition | null {
  if (text === null || sha256Hex(text) !== digest) return null
  const parsed = loopDefinitionSchema.safeParse(parseStrictJson(text))
  return parsed.success ? parsed.data : null
}
