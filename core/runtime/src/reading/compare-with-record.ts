import {
  LoopError,
  openEntry,
  type ApprovalRequest,
  type LedgerEntry,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { isAsRecorded } from './is-as-recorded.ts'
import { newestFirst } from './newest-first.ts'
import { requestsOfRun } from './requests-of-run.ts'

/**
 * Compares an open request with the record of its run; returns `corrupt` if they differ, and null if they agree. A request
 * lies beside the ledger, where anybody who may write to the database could change what is asked, the policy or the votes,
 * or open the request again. Nothing may follow from such a request.
 */
export async function compareWithRecord(
  kernel: Kernel,
  request: ApprovalRequest,
  run: LoopInstance,
): Promise<LoopError | null> {
  const [recorded] = await asRecorded(kernel, [request], run)
  // Executions go by the business key of the run, so the request must have that too.
  const isOfRun = request.aggregateId === run.aggregateId && request.loopId === run.loopId
  return recorded && isOfRun ? null : changedIn(kernel, request, run)
}

/** The requests of a run, newest first, for guards to judge by. Throws `corrupt` if one of them differs from the record. */
export async function recordedApprovals(
  kernel: Kernel,
  { tenant, runId }: LoopInstance,
): Promise<readonly ApprovalRequest[]> {
  // The run is read first: if anything is decided after that, the version of the run makes the commit fail.
  const run = await kernel.store.getRun(tenant, runId)
  if (!run) return []
  const items = await requestsOfRun(kernel.store, run)
  const recorded = await asRecorded(kernel, items, run)
  return Promise.all(
    items.map(async (request, index) => {
      const found = recorded[index]
      if (found) return found
      const fault = await changedIn(kernel, request, run)
      if (fault) throw fault
      return request
    }),
  )
}

/**
 * A closed request, for callers who act on it outside of a commit. Throws `corrupt` if it is approved but differs from the
 * record; a request that ended otherwise is not compared, because nothing follows from it.
 */
export async function recordedApproval(
  kernel: Kernel,
  request: ApprovalRequest,
): Promise<ApprovalRequest> {
  if (request.status !== 'approved') return request
  const run = await kernel.store.getRun(request.tenant, request.runId)
  const [recorded] = run ? await asRecorded(kernel, [request], run) : []
  if (!recorded) throw changed(request)
  return recorded
}

/** These requests, each with the time of its decision by the record; null for a request that differs from the record. */
async function asRecorded(
  { store, known }: Kernel,
  requests: readonly ApprovalRequest[],
  run: LoopInstance,
): Promise<readonly (ApprovalRequest | null)[]> {
  const times = requests.map((request) => known.decidedAt(request, run.version))
  const others = requests.filter((_, index) => times[index] === undefined)
  const records = await recordsAbout(store, others, run)
  return requests.map((request, index) => {
    let decidedAt = times[index]
    if (decidedAt === undefined) {
      const record = records.get(request.id)
      if (!isAsRecorded(request, record)) return null
      const approved = record?.find(({ type }) => type === 'loop.approval.approved')
      decidedAt = approved?.at ?? request.decidedAt
      known.keepCompared(request, decidedAt)
    }
    return { ...request, decidedAt }
  })
}

/** The error for a changed request; null if the run has moved since it was read, because then the commit fails anyway. */
async function changedIn(
  { store }: Kernel,
  request: ApprovalRequest,
  run: LoopInstance,
): Promise<LoopError | null> {
  const now = await store.getRun(run.tenant, run.runId)
  return now?.version === run.version ? changed(request) : null
}

function changed({ id, runId }: ApprovalRequest): LoopError {
  return new LoopError('corrupt', 'The approval request is not what the record says was asked.', {
    details: { requestId: id, runId },
    hint: 'It was changed in the database. Reject it if it waits, and ask again.',
  })
}

/** What the ledger says about each of these requests of a run, oldest first. */
async function recordsAbout(
  store: LoopStore,
  requests: readonly ApprovalRequest[],
  run: LoopInstance,
): Promise<ReadonlyMap<string, readonly LedgerEntry[]>> {
  const records = new Map<string, LedgerEntry[]>()
  let first = Infinity
  for (const { id } of requests) {
    // The id of a request ends in the number of the entry that asked.
    const asked = Number(id.slice(run.runId.length + 1))
    if (!Number.isSafeInteger(asked) || asked < 1) continue
    records.set(id, [])
    first = Math.min(first, asked)
  }
  for await (const stored of newestFirst(store, run, first)) {
    const entry = openEntry(stored)
    records.get(entry.approval?.id ?? '')?.push(entry)
  }
  for (const record of records.values()) record.reverse()
  return records
}
