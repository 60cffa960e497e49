import { availableParallelism } from 'node:os'

import type { KnownKeys, LoopInstance, LoopStore } from '@loop-engine/core'

import { checkOptions } from '../check-options.ts'
import type { NoteKey } from '../log/note.ts'
import { runsOf } from '../pages.ts'
import { createCounterUses, verifyCounters } from './checks/counters.ts'
import { unreadable, type VerifyFault } from './checks/fault.ts'
import { verifyLog } from './verify-log.ts'
import { mostFaults } from './verify-run.ts'
import { verifyRuns } from './verify-runs.ts'
import { verifyStops } from './verify-stops.ts'

export interface VerifyStoreOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** Only this run. */
  readonly runId?: string
  /**
   * Also parses every entry, and checks canonical form, legality, approvals, fold, the leaves of the log, what the record
   * leaves open, and what it took of limits. About ten times slower.
   */
  readonly deep?: boolean
  readonly onProgress?: (done: { readonly runs: number; readonly entries: number }) => void
  /**
   * How many threads take part, this one included, when there are many entries and the store can be opened elsewhere; as
   * many as the machine has processors, at most four, by default.
   */
  readonly threads?: number
  /** A checkpoint that was kept elsewhere: the store must still begin with what it signed, entry by entry. */
  readonly checkpoint?: { readonly note: string; readonly keys: readonly NoteKey[] }
}

const optionKeys: KnownKeys<VerifyStoreOptions> = {
  store: true,
  tenant: true,
  runId: true,
  deep: true,
  onProgress: true,
  threads: true,
  checkpoint: true,
}

export interface VerifyReport {
  readonly ok: boolean
  readonly entries: number
  readonly runs: number
  readonly durationMs: number
  /** The first bad entry, in the order of runs and numbers. */
  readonly first: VerifyFault | null
  /** At most 100. */
  readonly faults: readonly VerifyFault[]
  /** What retention dropped, and only leaves prove; absent if there is nothing. */
  readonly retained?: {
    readonly runs: number
    /** Dropped entries; `entries` does not count them. */
    readonly entries: number
    /** The latest time before which runs had to have ended, epoch milliseconds. */
    readonly before: number
  }
}

const mostThreads = 4

/**
 * Verifies what a store holds of a tenant: every run, its record, that the log and the runs know the same entries, and that
 * the stops in force are those on record.
 * Commits may go on meanwhile. Names the first bad entry.
 */
export async function verifyStore(options: VerifyStoreOptions): Promise<VerifyReport> {
  checkOptions('verifyStore', options, optionKeys)
  const {
    store,
    tenant,
    runId,
    deep = false,
    onProgress,
    threads = Math.min(mostThreads, availableParallelism()),
    checkpoint,
  } = options
  const began = performance.now()
  const faults: VerifyFault[] = []
  const add = (some: readonly VerifyFault[]): void =>
    void faults.push(...some.slice(0, mostFaults - faults.length))
  /** Null if the store cannot read a row, which becomes a fault. */
  const readable = async <Read>(reading: Promise<Read>): Promise<Read | null> =>
    reading.catch((error: unknown) => {
      add([unreadable(error)])
      return null
    })
  const head = runId === undefined ? await readable(store.logHead(tenant)) : null
  let [runs, entries] = [0, 0]
  const found = new Set<string>()
  const counters = createCounterUses()
  const gone = { entries: 0, before: 0, runs: new Map<string, number>() }
  const chosen = runId === undefined ? runsOf(store, { tenant }) : oneRun(store, tenant, runId)
  const verified = verifyRuns(store, chosen, {
    deep,
    threads,
    onRun(instance, report) {
      const { dropped } = report
      runs += 1
      if (deep || checkpoint) found.add(instance.runId)
      entries += report.entries
      counters.add(report.counters)
      if (dropped) {
        gone.runs.set(instance.runId, dropped.through)
        gone.entries += dropped.through
        gone.before = Math.max(gone.before, dropped.before)
      }
      add(report.faults)
      onProgress?.({ runs, entries })
    },
  })
  const areAll = await readable(verified.then(() => true))
  add((await readable(verifyCounters(store, tenant, counters.all(), Date.now()))) ?? [])
  // Nothing is known of the runs that are listed behind one which cannot be read.
  if (head && areAll)
    add(
      await verifyLog({
        store,
        tenant,
        runs: found,
        entries: entries + gone.entries,
        dropped: gone.runs,
        logged: head.size,
        deep,
        checkpoint,
      }),
    )
  if (runId === undefined) add((await readable(verifyStops(store, tenant))) ?? [])
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
