import { createHash } from 'node:crypto'

import {
  LoopError,
  type Clock,
  type KnownKeys,
  type LogHead,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'
import { systemClock } from '@loop-engine/runtime'

import { checkOptions } from '../check-options.ts'
import { refuseInvalid } from '../log/checkpoint.ts'
import { createLog } from '../log/log.ts'
import { signNote, type NoteSigner } from '../log/note.ts'
import { entryPages, runsOf } from '../pages.ts'
import { droppedOf } from '../verify/verify-stored-run.ts'
import { readLog, type ExportedLog } from './exported-log.ts'
import {
  definitionLine,
  entryLine,
  evidenceLine,
  exportFormat,
  isEntryLine,
  sealText,
} from './format.ts'
import type { ExportDropped, ExportEnd, ExportHeader, ExportRun } from './schemas.ts'

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

const optionKeys: KnownKeys<ExportOptions> = {
  store: true,
  tenant: true,
  runId: true,
  aggregateId: true,
  signer: true,
  includeEvidence: true,
  clock: true,
}

/**
 * The records of a tenant, or of some of its runs, as lines of JSON that `verifyExport` checks without a store. Lines
 * come without their breaks. Memory grows with the number of entries in the log, not with their size.
 */
export async function* exportRecords(options: ExportOptions): AsyncGenerator<string> {
  checkOptions('exportRecords', options, optionKeys)
  const {
    store,
    tenant,
    runId,
    aggregateId,
    signer,
    includeEvidence = false,
    clock = systemClock,
  } = options
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
    for await (const line of runLines(store, instance, { log, includeEvidence, definitions })) {
      if (isEntryLine(line)) entries += 1
      yield written(line)
    }
    runs += 1
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

async function* runLines(
  store: LoopStore,
  instance: LoopInstance,
  {
    log,
    includeEvidence,
    definitions,
  }: { log: ExportedLog; includeEvidence: boolean; definitions: Set<string> },
): AsyncGenerator<string> {
  const { tenant, runId, loopId, aggregateId, version, head } = instance
  const dropped = await droppedOf(store, instance)
  const run: ExportRun = {
    kind: 'run',
    runId,
    loopId,
    aggregateId,
    version,
    head,
    ...(dropped && { dropped: { through: dropped.through, head: dropped.head } }),
  }
  yield JSON.stringify(run)
  const through = dropped?.through ?? 0
  for (let seq = 1; seq <= through; seq++) {
    yield droppedLine(log, runId, seq)
    yield* proofLines(log, log.indexOf(runId, seq))
  }
  for await (const page of entryPages(store, tenant, runId, version, through + 1)) {
    for (const { seq, hash, body, evidence, salt } of page) {
      for (const digest of newDefinitions(body, definitions)) {
        const text = await store.definition(digest)
        if (text !== null) yield definitionLine(digest, text)
      }
      const leaf = log.indexOf(runId, seq)
      yield entryLine(hash, leaf, body)
      yield* proofLines(log, leaf)
      if (includeEvidence && evidence !== null && salt !== null) yield evidenceLine(salt, evidence)
    }
  }
}

/** Instead of an entry that retention took. */
function droppedLine(log: ExportedLog, runId: string, seq: number): string {
  const leaf = log.indexOf(runId, seq)
  const leafHash = leaf === null ? undefined : log.hashAt(leaf)
  if (leaf === null || leafHash === undefined) {
    throw new LoopError('corrupt', 'An entry was dropped, and its leaf is not in the log.', {
      details: { runId, seq },
      hint: 'Verify the store.',
    })
  }
  const line: ExportDropped = { kind: 'dropped', seq, leaf, leafHash }
  return JSON.stringify(line)
}

function* proofLines({ tree }: ExportedLog, leaf: number | null): Generator<string> {
  if (leaf !== null && tree)
    yield JSON.stringify({ kind: 'proof', leaf, path: tree.inclusion(leaf) })
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
  // The checkpoint may be older; the seal is made now.
  refuseInvalid(signer, clock.now())
  const { size, root, note } = await createLog({ store, tenant, signer, clock }).checkpoint()
  return { size, root, note, frontier: [] }
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
