import {
  isOpen,
  type DroppedEntries,
  type LoopInstance,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'

import { entryPages } from '../pages.ts'
import { unreadable, type VerifyFault } from './checks/fault.ts'
import type { FindDefinition } from './checks/run-check.ts'
import { verifyRun, type RunReport } from './verify-run.ts'

export interface StoredRunReport extends RunReport {
  /** What retention took of the run. */
  readonly dropped: DroppedEntries | null
}

/** Verifies a run as a store keeps it: all of it, or what retention has left. */
export async function verifyStored(
  store: LoopStore,
  listed: LoopInstance,
  definitions?: FindDefinition,
): Promise<StoredRunReport> {
  const verify = async (run: LoopInstance): Promise<StoredRunReport> =>
    verifyAt(store, run, definitions).catch((error: unknown) => ({
      entries: 0,
      faults: [unreadable(error, run.runId)],
      counters: [],
      dropped: null,
    }))
  let report = await verify(listed)
  for (let mayPass = report.faults.length > 0; mayPass;) {
    const now = await store.getRun(listed.tenant, listed.runId)
    if (!now || now.version <= listed.version) break
    const before = report.faults
    report = await verify(now)
    // Evidence that is erased while it is read is gone at once; that it was is on record behind what was read. Whoever
    // erases may have come to the next entry by now.
    mayPass = report.faults.length > 0 && report.faults.every((fault) => isNewlyGone(fault, before))
  }
  return report
}

function isNewlyGone({ fault, seq }: VerifyFault, before: readonly VerifyFault[]): boolean {
  return fault === 'evidence_mismatch' && before.every((known) => known.seq !== seq)
}

async function verifyAt(
  store: LoopStore,
  instance: LoopInstance,
  definitions: FindDefinition | undefined,
): Promise<StoredRunReport> {
  const report = await verifyFrom(store, instance, null, definitions)
  if (report.faults.length === 0) return { ...report, dropped: null }
  // Asked only now: nearly all runs are whole, and entries may go while they are read.
  const dropped = await droppedOf(store, instance)
  if (dropped === null) return { ...report, dropped: null }
  return { ...(await verifyFrom(store, instance, dropped, definitions)), dropped }
}

/** What is gone of a run. Nothing may go of an open one; and while some is still there, it has to verify as ever. */
export async function droppedOf(
  { retention, entries }: LoopStore,
  { tenant, runId, version, status }: LoopInstance,
): Promise<DroppedEntries | null> {
  if (isOpen(status)) return null
  const dropped = (await retention?.dropped(tenant, runId)) ?? null
  if (dropped === null || dropped.through > version) return null
  const left = await entries(tenant, runId, { to: dropped.through, limit: 1 })
  return left.length === 0 ? dropped : null
}

/** Up to which entry retention has taken a run by now; 0 when nothing is gone. */
export async function droppedThrough(
  store: LoopStore,
  { tenant, runId }: Pick<LoopInstance, 'tenant' | 'runId'>,
): Promise<number> {
  const run = await store.getRun(tenant, runId)
  return (run && (await droppedOf(store, run)))?.through ?? 0
}

async function verifyFrom(
  store: LoopStore,
  instance: LoopInstance,
  dropped: DroppedEntries | null,
  definitions: FindDefinition | undefined,
): Promise<RunReport> {
  const { tenant, runId, version } = instance
  let beyond: StoredEntry | undefined
  async function* upToHead(): AsyncGenerator<readonly StoredEntry[]> {
    const from = (dropped?.through ?? 0) + 1
    for await (const page of entryPages(store, tenant, runId, Number.MAX_SAFE_INTEGER, from)) {
      beyond = page.find(({ seq }) => seq > version)
      yield beyond ? page.slice(0, page.indexOf(beyond)) : page
      if (beyond) return
    }
  }
  const report = await verifyRun(upToHead(), { instance, dropped, definitions, beside: store })
  if (report.faults.length > 0) return report
  // A run that moved on while it was read has a newer head; one that did not has an entry too many.
  if (!beyond || (await store.getRun(tenant, runId))?.version !== version) return report
  const fault: VerifyFault = {
    runId,
    seq: beyond.seq,
    fault: 'fold_mismatch',
    message: 'The record goes on after the head of the run.',
  }
  return { ...report, faults: [fault] }
}
