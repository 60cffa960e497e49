import {
  canonicalize,
  digestOf,
  LoopError,
  openEntry,
  type ApprovalRequest,
  type LedgerEntry,
  type LoopInstance,
} from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../recording/newest-first.ts'
import { approvalsOf } from './approval-rules.ts'

/**
 * Why nothing may follow from a request: it says other than the record of its run. It lies beside the ledger, where whoever
 * may write to the database could change what is asked, the policy or the votes. Null when it is as recorded.
 */
export async function compareWithRecord(
  kernel: Kernel,
  request: ApprovalRequest,
  run: LoopInstance,
): Promise<LoopError | null> {
  if (isAsRecorded(request, await recordOf(kernel, request, run))) return null
  // Others may have moved the run since it was read: then the commit fails, and all is read again.
  const now = await kernel.store.getRun(run.tenant, run.runId)
  if (now?.version !== run.version) return null
  return new LoopError('corrupt', 'The approval request is not what the record says was asked.', {
    details: { requestId: request.id, runId: run.runId },
    hint: 'It was changed in the database. Reject it, and ask again.',
  })
}

/** What the ledger says about a request, oldest first. */
async function recordOf(
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
  if (asked?.type !== 'loop.approval.requested') return false
  const isVote = ({ approval }: LedgerEntry): boolean =>
    approval?.decision === 'approve' || approval?.decision === 'edit'
  const votes = record
    .filter(isVote)
    .map(({ actor, approval }) => voteText(actor.id, approval?.stage, approval?.revision))
  // Votes that count no longer leave the request, never the record.
  const isOnRecord = approvalsOf(request).every(({ reviewer, stage, revision }) =>
    votes.includes(voteText(reviewer.id, stage, revision)),
  )
  return isOnRecord && canonicalize(said(request)) === canonicalize(recorded(asked, record))
}

function said(request: ApprovalRequest): object {
  const { transitionId, requester, expiresAt, revision, actionDigest, viewHash } = request
  return {
    transitionId,
    requester,
    expiresAt,
    revision,
    actionDigest,
    viewHash,
    // Of one that was erased the fields are gone.
    view: request.evidence === null ? viewHash : digestOf(request.view),
    policy: digestOf(request.policy),
    delegations: request.delegations.map(({ from, to, stage }) => ({ from, to, stage })),
    escalated: request.escalated,
  }
}

function recorded(asked: LedgerEntry, record: readonly LedgerEntry[]): object {
  // An edit is a new revision of what is asked.
  const newest = record.findLast(({ approval }) => approval?.decision === 'edit') ?? asked
  const viewHash = newest.approval?.viewHash
  return {
    transitionId: asked.transitionId,
    requester: asked.actor,
    expiresAt: asked.approval?.expiresAt,
    revision: newest.approval?.revision,
    actionDigest: newest.actionDigest,
    viewHash,
    view: viewHash,
    policy: asked.approval?.policyDigest,
    delegations: record
      .filter(({ approval }) => approval?.decision === 'delegate')
      .map(({ actor, data, approval }) => ({
        from: actor.id,
        to: data?.['to'],
        stage: approval?.stage,
      })),
    escalated: record
      .filter(({ type }) => type === 'loop.approval.escalated')
      .flatMap(({ data }) => data?.['reviewers']),
  }
}

function voteText(
  reviewer: string,
  stage: number | undefined,
  revision: number | undefined,
): string {
  return JSON.stringify([reviewer, stage, revision])
}
