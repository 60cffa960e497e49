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

/** Verifies a run as a store keeps it: the whole run, or what retention has left of it. */
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
    // Evidence may be erased while the run is read: it is gone at once, but its erasure is recorded behind what was read. So
    // the run is read again, as long as nothing but new such faults are found.
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
  // Asked only after a fault, because nearly all runs are whole and retention may drop entries while they are read.
  const dropped = await droppedOf(store, instance)
  if (dropped === null) return { ...report, dropped: null }
  return { ...(await verifyFrom(store, instance, dropped, definitions)), dropped }
}

/** What retention dropped of a run; null for an open run, and while a dropped entry is still there: then all must verify. */
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

/** The last entry of a run that retention has dropped by now; 0 if there is none. */
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
  // If the run has not moved while it was read, an entry behind its head is one too many.
  if (!beyond || (await store.getRun(tenant, runId))?.version !== version) return report
  const fault: VerifyFault = {
    runId,
    seq: beyond.seq,
    fault: 'fold_mismatch',
    message: 'The record goes on after the head of the run.',
  }
  return { ...report, faults: [fault] }
}
