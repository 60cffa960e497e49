import { isLoopError, type LogLeaf, type LoopStore } from '@loop-engine/core'

import { createFrontier, leafHash } from '../log/merkle.ts'
import type { NoteKey } from '../log/note.ts'
import { rootAt } from '../log/root-at.ts'
import { checkAgainst } from '../log/start-check.ts'
import { leafPages } from '../pages.ts'
import type { VerifyFault } from './checks/fault.ts'
import { mostFaults } from './verify-run.ts'
import { droppedThrough } from './verify-stored-run.ts'

interface LogQuestion {
  readonly store: LoopStore
  readonly tenant: string
  /** The runs that the entries were found in. */
  readonly runs: ReadonlySet<string>
  /** Entries found in the runs, or known to be dropped, after the size of the log was read. */
  readonly entries: number
  /** Up to which entry runs were dropped by retention. */
  readonly dropped: ReadonlyMap<string, number>
  readonly logged: number
  readonly deep: boolean
  readonly checkpoint: { readonly note: string; readonly keys: readonly NoteKey[] } | undefined
}

/** Compares a store's log with its runs. Only this notices that a whole run was deleted. */
export async function verifyLog(question: LogQuestion): Promise<readonly VerifyFault[]> {
  const { entries, logged, deep, checkpoint } = question
  const faults: VerifyFault[] = []
  if (entries < logged)
    faults.push(about(`The log has ${logged} entries, the runs only ${entries}.`))
  // A checkpoint signs the leaves, so with one it must be checked that they are those of the entries.
  if (!deep && !checkpoint) return faults
  try {
    for await (const fault of logFaults(question)) {
      faults.push(fault)
      if (faults.length >= mostFaults) break
    }
  } catch (error) {
    if (!isLoopError(error) || error.code !== 'corrupt') throw error
    faults.push(about(error.message))
  }
  return faults
}

async function* logFaults(question: LogQuestion): AsyncGenerator<VerifyFault> {
  const { store, tenant, checkpoint } = question
  if (checkpoint) {
    const found = await checkAgainst({ store, tenant, checkpoint })
    if (!found.ok)
      yield about(
        `The log does not continue the checkpoint: ${found.reason}; it covers ${found.rememberedSize} entries, the log has ${found.size}.`,
      )
  }
  const head = await store.logHead(tenant)
  if ((await rootAt(store, tenant, head.size)) !== head.root)
    yield about('The root of the log is not that of its leaves.')
  yield* leafFaults(question, head.size)
  yield* waitingFaults(question)
  if (createFrontier(head).root() !== head.root)
    yield about('The root of the log is not that of its subtrees.')
}

const mostWaiting = 1000

/** Entries without a run, and entries that are neither in the log nor wait for it, so that no checkpoint would cover them. */
async function* waitingFaults({
  store,
  tenant,
  runs,
  entries,
}: LogQuestion): AsyncGenerator<VerifyFault> {
  // In this order, an entry that is logged meanwhile counts twice rather than not at all.
  const waiting = await store.unlogged(tenant, mostWaiting)
  const { size } = await store.logHead(tenant)
  const withheld = entries - size - waiting.length
  if (waiting.length < mostWaiting && withheld > 0)
    yield about(`${withheld} entries are in no log, and do not wait for it.`)
  for (const runId of new Set(waiting.map((entry) => entry.runId))) {
    if (await isGone(store, tenant, runs, runId))
      yield {
        runId,
        seq: 1,
        fault: 'truncated',
        message: 'The run is gone, its entries are there.',
      }
  }
  const [beyond] = await store.leaves(tenant, { from: size, limit: 1 })
  if (beyond && (await store.logHead(tenant)).size <= beyond.index)
    yield about('The log has leaves behind its end.')
}

/** Leaves whose entry is gone or differs, and dropped entries that no leaf proves any more. */
async function* leafFaults(
  { store, tenant, runs, dropped }: LogQuestion,
  size: number,
): AsyncGenerator<VerifyFault> {
  const isRepeated = createRepeats()
  const unproven = new Map(dropped)
  let read = 0
  for await (const page of leafPages(store, tenant, size)) {
    read += page.length
    for (const { runId, seq } of page) {
      if (isRepeated(runId, seq))
        yield { runId, seq, fault: 'bad_sequence', message: 'The log has the entry twice.' }
      else if (isDropped(dropped, runId, seq)) unproven.set(runId, (unproven.get(runId) ?? 0) - 1)
    }
    const kept = page.filter(({ runId, seq }) => !isDropped(dropped, runId, seq))
    for (const stretch of stretchesOf(kept)) yield* stretchFaults(store, tenant, runs, stretch)
  }
  // If leaves are gone, the root tells that; which ones is not known.
  if (read < size) return
  for (const [runId, missing] of unproven) {
    const message = `Dropped entries have no proof: ${missing} leaves are missing.`
    if (missing !== 0) yield { runId, seq: dropped.get(runId) ?? 0, fault: 'truncated', message }
  }
}

/** Tells whether an entry came before. Entries of a run mostly come in order, so mostly one number a run is kept. */
function createRepeats(): (runId: string, seq: number) => boolean {
  const through = new Map<string, number>()
  const early = new Set<string>()
  return (runId, seq) => {
    const next = (through.get(runId) ?? 0) + 1
    if (seq === next) through.set(runId, seq)
    const id = `${runId}\n${seq}`
    if (seq < next || early.has(id)) return true
    if (seq > next) early.add(id)
    return false
  }
}

async function* stretchFaults(
  store: LoopStore,
  tenant: string,
  runs: ReadonlySet<string>,
  stretch: readonly LogLeaf[],
): AsyncGenerator<VerifyFault> {
  const [first, last] = [stretch[0], stretch.at(-1)]
  if (!first || !last) return
  const { runId, seq: from } = first
  if (await isGone(store, tenant, runs, runId)) {
    yield { runId, seq: from, fault: 'truncated', message: 'The log names a run that is gone.' }
    return
  }
  const entries = await store.entries(tenant, runId, { from, to: last.seq, limit: stretch.length })
  const bodies = new Map(entries.map(({ seq, body }) => [seq, body]))
  // Retention may have dropped them since the runs were verified.
  const through = bodies.size < stretch.length ? await droppedThrough(store, { tenant, runId }) : 0
  for (const { seq, leafHash: expected } of stretch) {
    const body = bodies.get(seq)
    if (body === undefined) {
      if (seq > through)
        yield { runId, seq, fault: 'truncated', message: 'The log names an entry that is gone.' }
    } else if (leafHash(body) !== expected)
      yield {
        runId,
        seq,
        fault: 'hash_mismatch',
        message: 'The entry is not the one that was logged.',
      }
  }
}

/** Whether a run is gone. One that began after the runs were listed is found in the store. */
async function isGone(
  store: LoopStore,
  tenant: string,
  runs: ReadonlySet<string>,
  runId: string,
): Promise<boolean> {
  return !runs.has(runId) && (await store.getRun(tenant, runId)) === null
}

function isDropped(dropped: ReadonlyMap<string, number>, runId: string, seq: number): boolean {
  return seq <= (dropped.get(runId) ?? 0)
}

/** Groups neighbours in the log that are also neighbours in a run, so that they can be read at once. */
function stretchesOf(leaves: readonly LogLeaf[]): readonly (readonly LogLeaf[])[] {
  const stretches: LogLeaf[][] = []
  for (const leaf of leaves) {
    const current = stretches.at(-1)
    const before = current?.at(-1)
    if (current && before?.runId === leaf.runId && before.seq + 1 === leaf.seq) current.push(leaf)
    else stretches.push([leaf])
  }
  return stretches
}

function about(message: string): VerifyFault {
  return { runId: '', seq: 0, fault: 'truncated', message }
}
