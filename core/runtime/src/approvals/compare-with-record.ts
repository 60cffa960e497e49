import {
  approvalsOf,
  canonicalize,
  digestOf,
  LoopError,
  openEntry,
  type ApprovalDecision,
  type ApprovalRequest,
  type LedgerEntry,
  type LoopInstance,
} from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../recording/newest-first.ts'

/**
 * Why nothing may follow from a request: it says other than the record of its run. It lies beside the ledger, where whoever
 * may write to the database could change what is asked, the policy or the votes. Null when it is as recorded.
 */
export async function compareWithRecord(
  kernel: Kernel,
  request: ApprovalRequest,
  run: LoopInstance,
): Promise<LoopError | null> {
  if (kernel.asked.has(request, run.version)) return null
  if (isAsRecorded(request, await entriesAbout(kernel, request, run))) return null
  // Others may have moved the run since it was read: then the commit fails, and all is read again.
  const now = await kernel.store.getRun(run.tenant, run.runId)
  if (now?.version !== run.version) return null
  return new LoopError('corrupt', 'The approval request is not what the record says was asked.', {
    details: { requestId: request.id, runId: run.runId },
    hint: 'It was changed in the database. Reject it, and ask again.',
  })
}

/** What the ledger says about a request, oldest first. */
async function entriesAbout(
  { store }: Kernel,
  { id }: ApprovalRequest,
  run: LoopInstance,
): Promise<readonly LedgerEntry[]> {
  // The id of a request ends in the number of the entry that asked.
  const first = Number(id.slice(run.runId.length + 1))
  if (!Number.isSafeInteger(first) || first < 1) return []
  const record: LedgerEntry[] = []
  for await (const stored of newestFirst(store, run, first)) {
    const entry = openEntry(stored)
    if (entry.approval?.id === id) record.push(entry)
  }
  return record.toReversed()
}

function isAsRecorded(request: ApprovalRequest, record: readonly LedgerEntry[]): boolean {
  const [asked] = record
  if (asked?.type !== 'loop.approval.requested' || !asked.approval) return false
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
    // Votes that count no longer leave the request, never the record.
    approvalsOf(request).every((vote) => isRecorded(vote, record))
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
