import { createHash } from 'node:crypto'

import {
  LoopError,
  type Clock,
  type LogHead,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'
import { systemClock } from '@loop-engine/runtime'

import { definitionLine, entryLine, evidenceLine, exportFormat, sealText } from './export-format.ts'
import type { ExportEnd, ExportHeader, ExportRun } from './export-schemas.ts'
import { createLog } from './log.ts'
import { createMerkleTree } from './merkle-proof.ts'
import { signNote, type NoteSigner } from './note.ts'
import { entryPages, runsOf } from './pages.ts'

export interface ExportOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** Only this run. */
  readonly runId?: string
  /** Only the runs of this business key. */
  readonly aggregateId?: string
  /** Brings the log up to date, signs its head, and seals the export. */
  readonly signer?: NoteSigner
  /** Evidence travels with its salt; without it every proof holds all the same. */
  readonly includeEvidence?: boolean
  readonly clock?: Pick<Clock, 'now'>
}

/**
 * The records of a tenant, or of some of its runs, as lines of JSON that `verifyExport` checks without a store. Lines
 * come without their breaks. Memory grows with the number of entries in the log, not with their size.
 */
export async function* exportRecords({
  store,
  tenant,
  runId,
  aggregateId,
  signer,
  includeEvidence = false,
  clock = systemClock,
}: ExportOptions): AsyncGenerator<string> {
  const head = await headOf(store, tenant, signer, clock)
  const part = runId !== undefined || aggregateId !== undefined
  const log = await readLog(store, tenant, head, part)
  const digest = createHash('sha256')
  let lines = 0
  const written = (line: string): string => {
    digest.update(`${line}\n`)
    lines += 1
    return line
  }
  const header: ExportHeader = {
    kind: 'header',
    format: exportFormat,
    tenant,
    scope: part ? 'part' : 'tenant',
    evidence: includeEvidence,
  }
  yield written(JSON.stringify(header))

  const definitions = new Set<string>()
  let [runs, entries] = [0, 0]
  for await (const instance of chosen(store, tenant, runId, aggregateId)) {
    for await (const line of runLines(store, instance, { log, includeEvidence, definitions }))
      yield written(line)
    runs += 1
    entries += instance.version
  }

  const sum = digest.digest('hex')
  const end: ExportEnd = {
    kind: 'end',
    lines,
    runs,
    entries,
    digest: sum,
    size: head.size,
    root: head.root,
    checkpoint: head.note,
    seal: signer ? await signNote(sealText(tenant, sum), [signer]) : null,
  }
  yield JSON.stringify(end)
}

type ExportedLog = Awaited<ReturnType<typeof readLog>>

async function* runLines(
  store: LoopStore,
  { tenant, runId, loopId, aggregateId, version, head }: LoopInstance,
  {
    log,
    includeEvidence,
    definitions,
  }: { log: ExportedLog; includeEvidence: boolean; definitions: Set<string> },
): AsyncGenerator<string> {
  const run: ExportRun = { kind: 'run', runId, loopId, aggregateId, version, head }
  yield JSON.stringify(run)
  for await (const page of entryPages(store, tenant, runId, version)) {
    for (const { seq, hash, body, evidence, salt } of page) {
      for (const digest of newDefinitions(body, definitions)) {
        const text = await store.definition(digest)
        if (text !== null) yield definitionLine(digest, text)
      }
      const leaf = log.indexOf(runId, seq)
      yield entryLine(hash, leaf, body)
      if (leaf !== null && log.tree)
        yield JSON.stringify({ kind: 'proof', leaf, path: log.tree.inclusion(leaf) })
      if (includeEvidence && evidence !== null && salt !== null) yield evidenceLine(salt, evidence)
    }
  }
}

/** Digests of definitions that a body names and that were not written yet. */
function newDefinitions(body: string, known: Set<string>): readonly string[] {
  const found = [...body.matchAll(/"definition":"([0-9a-f]{64})"/g)].map(
    ([, digest = '']) => digest,
  )
  const fresh = found.filter((digest) => !known.has(digest))
  for (const digest of fresh) known.add(digest)
  return fresh
}

async function headOf(
  store: LoopStore,
  tenant: string,
  signer: NoteSigner | undefined,
  clock: Pick<Clock, 'now'>,
): Promise<LogHead> {
  if (!signer) return store.logHead(tenant)
  const { size, root, note } = await createLog({ store, tenant, signer, clock }).checkpoint()
  return { size, root, note, frontier: [] }
}

/** Where each entry stands in the log; with the tree, when entries must prove it one by one. */
async function readLog(store: LoopStore, tenant: string, { size }: LogHead, withTree: boolean) {
  const places = new Map<string, number[]>()
  const hashes: string[] = []
  for (let from = 0; from < size;) {
    const leaves = await store.leaves(tenant, { from, limit: Math.min(1000, size - from) })
    if (leaves.length === 0)
      throw new LoopError('corrupt', 'The log has fewer leaves than its head says.', {
        hint: 'Verify the store.',
      })
    for (const { runId, seq, index, leafHash } of leaves) {
      const run = places.get(runId)
      if (run) run[seq] = index
      else places.set(runId, withFirst(seq, index))
      if (withTree) hashes.push(leafHash)
    }
    from += leaves.length
  }
  return {
    tree: withTree ? createMerkleTree(hashes) : null,
    indexOf: (runId: string, seq: number): number | null => places.get(runId)?.[seq] ?? null,
  }
}

function withFirst(seq: number, index: number): number[] {
  const run: number[] = []
  run[seq] = index
  return run
}

async function* chosen(
  store: LoopStore,
  tenant: string,
  runId: string | undefined,
  aggregateId: string | undefined,
): AsyncGenerator<LoopInstance> {
  if (runId === undefined) {
    yield* runsOf(store, { tenant, ...(aggregateId !== undefined && { aggregateId }) })
    return
  }
  const instance = await store.getRun(tenant, runId)
  if (!instance || (aggregateId !== undefined && instance.aggregateId !== aggregateId))
    throw new LoopError('not_found', 'No run has this id.', { details: { runId } })
  yield instance
}
