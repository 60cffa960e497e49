import { principalIds } from '@loop-engine/actors'
import {
  approvalsOf,
  approvalsOpenedBy,
  canonicalize,
  delegatorOf,
  digestOf,
  saltedDigest,
  waitingStage,
  type ApprovalDecision,
  type ApprovalRequest,
  type LedgerEntry,
} from '@loop-engine/core'

/**
 * Whether a request agrees with its entries, oldest first. An open request must be open by the record too, and say what was
 * asked, edited, delegated and voted. An approved request must have been approved by those whom its execution names. Of any
 * other request only the requester and the transition are compared, so that people can reject a changed one and ask again.
 */
export function isAsRecorded(
  request: ApprovalRequest,
  record: readonly LedgerEntry[] = [],
): boolean {
  try {
    return agrees(request, record)
  } catch {
    // Only comparing can throw here, and a request that cannot be compared is not the one on record.
    return false
  }
}

function agrees(request: ApprovalRequest, record: readonly LedgerEntry[]): boolean {
  const [asked] = record
  const isKnown =
    asked?.type === 'loop.approval.requested' &&
    request.transitionId === asked.transitionId &&
    request.aggregateId === asked.aggregateId &&
    request.loopId === asked.loopId &&
    isSame(request.requester, asked.actor)
  if (!isKnown) return false
  if (request.status === 'pending')
    return isUnchanged(request, asked, record) && isWaiting(request, asked, record)
  if (request.status !== 'approved') return true
  return isUnchanged(request, asked, record) && isApproved(request, record)
}

function isUnchanged(
  request: ApprovalRequest,
  asked: LedgerEntry,
  record: readonly LedgerEntry[],
): boolean {
  const votes = approvalsOf(request)
  const newest = newestOf(record, asked)
  // The view of an erased request has lost its fields, so its hash cannot be computed again.
  const viewHash = request.evidence === null ? request.viewHash : digestOf(request.view)
  return (
    request.expiresAt === asked.approval?.expiresAt &&
    request.revision === newest.approval?.revision &&
    request.actionDigest === newest.actionDigest &&
    request.viewHash === newest.approval.viewHash &&
    viewHash === request.viewHash &&
    digestOf(request.policy) === asked.approval.policyDigest &&
    isSame(request.escalated, escalatedIn(record)) &&
    isSame(request.delegations.map(nameHandedOn), delegationsIn(record)) &&
    // Every vote is on record, though not every recorded vote still counts; and nobody has two.
    votes.every((vote) => isRecorded(vote, record)) &&
    new Set(votes.map(({ reviewer }) => reviewer.id)).size === votes.length
  )
}

/** Whether a request is open by the record, at the right stage, with the evidence that was asked for or edited. */
function isWaiting(
  request: ApprovalRequest,
  asked: LedgerEntry,
  record: readonly LedgerEntry[],
): boolean {
  const isOver = record.some(({ type }) => approvalsOpenedBy(type) < 0)
  const { evidence } = newestOf(record, asked)
  return (
    !isOver &&
    request.stage === waitingStage(request) &&
    (request.evidence === null || digestIn(request) === evidence?.digest)
  )
}

/** The newest edit, or else the entry that asked. */
function newestOf(record: readonly LedgerEntry[], asked: LedgerEntry): LedgerEntry {
  return record.findLast(({ approval }) => approval?.decision === 'edit') ?? asked
}

function digestIn({ evidence, salt }: ApprovalRequest): string | undefined {
  return salt === '' ? undefined : saltedDigest(salt, canonicalize(evidence))
}

function isApproved(request: ApprovalRequest, record: readonly LedgerEntry[]): boolean {
  const executed = record.find(({ type }) => type === 'loop.transition.executed')
  const voters = approvalsOf(request).map(({ reviewer }) => reviewer.id)
  return (
    record.some(({ type }) => type === 'loop.approval.approved') &&
    (executed !== undefined) === (request.executedBy !== null) &&
    isSame(executed?.approval?.reviewers ?? voters, voters)
  )
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalize(one) === canonicalize(other)
}

function isRecorded(
  { reviewer, stage, revision, handedOnBy = [] }: ApprovalDecision,
  record: readonly LedgerEntry[],
): boolean {
  return record.some(
    ({ actor, approval, data }) =>
      (approval?.decision === 'approve' || approval?.decision === 'edit') &&
      actor.id === reviewer.id &&
      approval.stage === stage &&
      approval.revision === revision &&
      isSame(data?.['handedOnBy'] ?? [], handedOnBy),
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
      from: principalIds(actor),
      to: data?.['to'],
      stage: approval?.stage,
    }))
}

function nameHandedOn(delegation: ApprovalRequest['delegations'][number]): object {
  const { to, stage } = delegation
  return { from: principalIds(delegatorOf(delegation)), to, stage }
}
