import {
  approvalsOf,
  canonicalize,
  digestOf,
  LoopError,
  openEntry,
  type ApprovalDecision,
  type ApprovalRequest,
  type EntryType,
  type LedgerEntry,
  type LoopInstance,
} from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../recording/newest-first.ts'

/** What is recorded when a request ends: it is decided once. */
const endings: ReadonlySet<EntryType> = new Set([
  'loop.approval.approved',
  'loop.approval.rejected',
  'loop.approval.expired',
  'loop.approval.superseded',
])

/**
 * Why nothing may follow from a request that waits: it says other than the record of its run. It lies beside the ledger,
 * where whoever may write to the database could change what is asked, the policy or the votes, or open it again. Null when
 * it is as recorded.
 */
export async function compareWithRecord(
  kernel: Kernel,
  request: ApprovalRequest,
  run: LoopInstance,
): Promise<LoopError | null> {
  if (kernel.asked.has(request, run.version)) return null
  const record = (await recordsAbout(kernel, [request], run)).get(request.id)
  const isOver = record?.some(({ type }) => endings.has(type))
  if (!isOver && isAsRecorded(request, record)) return null
  return changedIn(kernel, request, run)
}

/**
 * The newest requests of a run with what people decided, and when, for guards to judge by. Throws `corrupt` when one of them
 * says other than the record.
 */
export async function recordedApprovals(
  kernel: Kernel,
  { tenant, runId }: LoopInstance,
): Promise<readonly ApprovalRequest[]> {
  // The run first: of what is decided after that the commit hears, by the run's version.
  const run = await kernel.store.getRun(tenant, runId)
  const { items } = await kernel.store.approvals({ tenant, runId, limit: 1000 })
  if (!run) return items
  const known = new Map(items.map((request) => [request.id, kernel.compared.decidedAt(request)]))
  const others = items.filter(({ id }) => known.get(id) === undefined)
  const records = await recordsAbout(kernel, others, run)
  return Promise.all(
    items.map(async (request) => {
      const decidedAt = known.get(request.id)
      return decidedAt === undefined
        ? asRecorded(kernel, request, records.get(request.id), run)
        : { ...request, decidedAt }
    }),
  )
}

async function asRecorded(
  kernel: Kernel,
  request: ApprovalRequest,
  record: readonly LedgerEntry[] | undefined,
  run: LoopInstance,
): Promise<ApprovalRequest> {
  const approved = record?.find(({ type }) => type === 'loop.approval.approved')
  const decidedAt = approved?.at ?? request.decidedAt
  if (isAsRecorded(request, record) && isApprovedAsRecorded(request, record)) {
    kernel.compared.keep(request, decidedAt)
  } else {
    const changed = await changedIn(kernel, request, run)
    if (changed) throw changed
  }
  return { ...request, decidedAt }
}

async function changedIn(
  { store }: Kernel,
  { id }: ApprovalRequest,
  run: LoopInstance,
): Promise<LoopError | null> {
  // Others may have moved the run since it was read: then the commit fails, and all is read again.
  const now = await store.getRun(run.tenant, run.runId)
  if (now?.version !== run.version) return null
  return new LoopError('corrupt', 'The approval request is not what the record says was asked.', {
    details: { requestId: id, runId: run.runId },
    hint: 'It was changed in the database. Reject it if it waits, and ask again.',
  })
}

/** What the ledger says about each of these requests of a run, oldest first. */
async function recordsAbout(
  { store }: Kernel,
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

function isAsRecorded(request: ApprovalRequest, record: readonly LedgerEntry[] = []): boolean {
  const [asked] = record
  if (asked?.type !== 'loop.approval.requested' || !asked.approval) return false
  const votes = approvalsOf(request)
  // An edit is a new revision of what is asked.
  const newest = record.findLast(({ approval }) => approval?.decision === 'edit') ?? asked
  // Of a request that was erased the fields of the view are gone.
  const viewHash = request.evidence === null ? request.viewHash : digestOf(request.view)
  return (
    request.transitionId === asked.transitionId &&
    request.expiresAt === asked.approval.expiresAt &&
    request.revision === newest.approval?.revision &&
    request.actionDigest === newest.actionDigest &&
    request.viewHash === newest.approval.viewHash &&
    viewHash === request.viewHash &&
    digestOf(request.policy) === asked.approval.policyDigest &&
    isSame(request.requester, asked.actor) &&
    isSame(request.escalated, escalatedIn(record)) &&
    isSame(request.delegations.map(nameHandedOn), delegationsIn(record)) &&
    // Votes that count no longer leave the request, never the record; and nobody has two.
    votes.every((vote) => isRecorded(vote, record)) &&
    new Set(votes.map(({ reviewer }) => reviewer.id)).size === votes.length
  )
}

/** Whether one that is approved was, by those whom its execution names. */
function isApprovedAsRecorded(
  request: ApprovalRequest,
  record: readonly LedgerEntry[] = [],
): boolean {
  if (request.status !== 'approved') return true
  const executed = record.find(({ type }) => type === 'loop.transition.executed')
  const voters = approvalsOf(request).map(({ reviewer }) => reviewer.id)
  return (
    record.some(({ type }) => type === 'loop.approval.approved') &&
    isSame(executed?.approval?.reviewers ?? voters, voters)
  )
}

function isSame(one: object, other: object): boolean {
  return canonicalize(one) === canonicalize(other)
}

function isRecorded(
  { reviewer, stage, revision }: ApprovalDecision,
  record: readonly LedgerEntry[],
): boolean {
  return record.some(
    ({ actor, approval }) =>
      (approval?.decision === 'approve' || approval?.decision === 'edit') &&
      actor.id === reviewer.id &&
      approval.stage === stage &&
      approval.revision === revision,
  )
}

function escalatedIn(record: readonly LedgerEntry[]): readonly unknown[] {
  return record
    .filter(({ type }) => type === 'loop.approval.escalated')
    .flatMap(({ data }) => data?.['reviewers'])
}

function delegationsIn(record: readonly LedgerEntry[]): readonly object[] {
  return record
    .filter(({ approval }) => approval?.decision === 'delegate')
    .map(({ actor, approval, data }) => ({
      from: actor.id,
      to: data?.['to'],
      stage: approval?.stage,
    }))
}

function nameHandedOn({ from, to, stage }: ApprovalRequest['delegations'][number]): object {
  return { from, to, stage }
}
