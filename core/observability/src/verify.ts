import {
  loopDefinitionSchema,
  parseStrictJson,
  sha256Hex,
  type LoopDefinition,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'

import type { VerifyFault } from './fault.ts'
import { hashAhead, type HashedPage, type Pages } from './hashed-pages.ts'
import type { NoteKey } from './note.ts'
import { createPageHasher, type PageHasher } from './page-hasher.ts'
import { entryPages, runsOf } from './pages.ts'
import { createDeepCheck, createRunCheck, type FindDefinition, type RunCheck } from './run-check.ts'
import { verifyLog } from './verify-log.ts'

export interface VerifyReport {
  readonly ok: boolean
  readonly entries: number
  readonly runs: number
  readonly durationMs: number
  /** The first bad entry, in the order of runs and numbers. */
  readonly first: VerifyFault | null
  /** At most 100. */
  readonly faults: readonly VerifyFault[]
}

export interface VerifyRunOptions {
  /** The run as it is stored; without it, a record that was cut short is not noticed. */
  readonly instance?: LoopInstance
  /** With it every entry is also parsed and judged. */
  readonly definitions?: FindDefinition
  /** Needed when there is no instance. */
  readonly runId?: string
}

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

const mostFaults = 100
/** A run of so many entries is worth a thread that hashes them. */
const longRun = 4000

/** Verifies the entries of one run, in pages and in order. */
export function verifyRun(pages: Pages, options: VerifyRunOptions = {}): Promise<VerifyReport> {
  return verifyPages(hashAhead(pages), options)
}

async function verifyPages(
  pages: AsyncIterable<HashedPage>,
  { instance, definitions, runId: asked }: VerifyRunOptions,
): Promise<VerifyReport> {
  const began = performance.now()
  const faults: VerifyFault[] = []
  const note = (fault: VerifyFault | null): void =>
    void (fault && faults.length < mostFaults && faults.push(fault))
  let check: RunCheck | undefined
  for await (const { page, digests } of pages) {
    check ??= open(instance?.runId ?? asked ?? page[0]?.runId ?? '', definitions)
    let index = 0
    for (const stored of page) {
      const fault = check.add(stored, digests?.(index++))
      note(fault instanceof Promise ? await fault : fault)
    }
  }
  check ??= open(instance?.runId ?? asked ?? '', definitions)
  note(check.end(instance ?? null))
  return {
    ok: faults.length === 0,
    entries: check.entries,
    runs: 1,
    durationMs: performance.now() - began,
    first: faults[0] ?? null,
    faults,
  }
}

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
  let hasher: PageHasher | undefined
  try {
    for await (const instance of runId === undefined
      ? runsOf(store, { tenant })
      : oneRun(store, tenant, runId)) {
      if (instance.version >= longRun) hasher ??= createPageHasher()
      const report = await verifyStored(store, instance, definitions, hasher)
      runs += 1
      entries += report.entries
      faults.push(...report.faults.slice(0, mostFaults - faults.length))
      onProgress?.({ runs, entries })
    }
  } finally {
    await hasher?.close()
  }
  if (runId === undefined) {
    const found = await verifyLog({ store, tenant, entries, logged, deep, checkpoint })
    faults.push(...found.slice(0, mostFaults - faults.length))
  }
  return {
    ok: faults.length === 0,
    entries,
    runs,
    durationMs: performance.now() - began,
    first: faults[0] ?? null,
    faults,
  }
}

async function verifyStored(
  store: LoopStore,
  instance: LoopInstance,
  definitions: FindDefinition | undefined,
  hasher: PageHasher | undefined,
): Promise<VerifyReport> {
  const { tenant, runId, version } = instance
  const pages = entryPages(store, tenant, runId, version)
  const ahead = hashAhead(pages, version < longRun ? undefined : hasher)
  const report = await verifyPages(ahead, { instance, definitions })
  if (!report.ok) return report
  const [beyond] = await store.entries(tenant, runId, { from: version + 1, limit: 1 })
  // A run that moved on while it was read has a newer head; one that did not has an entry too many.
  if (!beyond || (await store.getRun(tenant, runId))?.version !== version) return report
  const fault: VerifyFault = {
    runId,
    seq: beyond.seq,
    fault: 'fold_mismatch',
    message: 'The record goes on after the head of the run.',
  }
  return { ...report, ok: false, first: fault, faults: [fault] }
}

async function* oneRun(
  store: LoopStore,
  tenant: string,
  runId: string,
): AsyncGenerator<LoopInstance> {
  const instance = await store.getRun(tenant, runId)
  if (instance) yield instance
}

function open(runId: string, definitions: FindDefinition | undefined): RunCheck {
  return definitions ? createDeepCheck(runId, definitions) : createRunCheck(runId)
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
