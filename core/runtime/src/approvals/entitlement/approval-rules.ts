import { mayReview, samePerson, sameParty } from '@loop-engine/actors'
import {
  approvalsOf,
  askedAt,
  handedOnAt,
  isAssured,
  reviewersOf,
  waitingStage,
  type Actor,
  type ApprovalDecision,
  type ApprovalRequest,
  type DecisionKind,
} from '@loop-engine/core'

// The rules of who may decide what, and when a request is decided. All functions here are pure.

export const decisionRefusals = [
  'already_decided',
  'expired',
  'stale_revision',
  'view_changed',
  'superseded',
  'not_a_person',
  'identity_not_verified',
  'requester_cannot_decide',
  'not_entitled',
  'already_voted',
  'not_allowed',
  'assurance_too_low',
  'stopped',
  'limit_reached',
] as const
export type DecisionRefusal = (typeof decisionRefusals)[number]

/** Whether this person may decide on this request now; null when yes. */
export function refuseReviewer(
  request: ApprovalRequest,
  actor: Actor,
  classOf: (id: string) => string,
): DecisionRefusal | null {
  if (actor.type !== 'human') return 'not_a_person'
  if (request.policy.fourEyes && sameParty(actor, request.requester, classOf))
    return 'requester_cannot_decide'
  if (!mayReview(actor, reviewersOf(request))) return 'not_entitled'
  // A delegate's vote is that of the person who handed it on, or one person could fill a quorum with delegates.
  const own = handedOnBy(request, actor).at(-1) ?? actor.id
  const votedBefore = approvalsOf(request).some(
    ({ reviewer, handedOnBy: chain = [] }) =>
      samePerson(reviewer.id, actor.id, classOf) ||
      samePerson(chain.at(-1) ?? reviewer.id, own, classOf),
  )
  return votedBefore ? 'already_voted' : null
}

/** Through whom a delegate has a vote now, the last person first; empty for somebody who may review anyway. */
export function handedOnBy(request: ApprovalRequest, actor: Actor): readonly string[] {
  if (mayReview(actor, askedAt(request, request.stage))) return []
  const chain: string[] = []
  // The newest first, because a delegate may have handed the vote on in turn.
  for (const { from, to } of handedOnAt(request, request.stage).toReversed()) {
    const last = chain.at(-1)
    if (last === undefined ? mayReview(actor, [to]) : samePerson(to, last)) chain.push(from)
  }
  return chain
}

/** Whether a person may hand a vote on: not one that they have as a member of a role or group, who share it. */
export function mayHandOn(request: ApprovalRequest, actor: Actor): boolean {
  return (
    mayReview(actor, askedAt(request, request.stage)) ||
    handedOnAt(request, request.stage).some(({ to }) => samePerson(to, actor.id))
  )
}

/** Whether a person was authenticated well enough for this decision. Rejecting needs no more than being entitled. */
export function isKnownWellEnough(
  { policy }: ApprovalRequest,
  decision: DecisionKind | 'delegate',
  { assurance }: Actor,
): boolean {
  if (policy.assurance === undefined) return true
  // Delegating counts as granting, or a weakly authenticated reviewer could let in a strongly authenticated friend.
  const isGrant = decision === 'approve' || decision === 'edit' || decision === 'delegate'
  return !isGrant || isAssured(assurance, policy.assurance)
}

/** Decisions and delegations that one request may have: everybody who looks at it reads them all. */
const mostNotes = 200

/** Whether a request has so many decisions and delegations that it can only be approved or rejected. */
export function isFull(
  { decisions, delegations }: ApprovalRequest,
  kind: DecisionKind | 'delegate',
): boolean {
  const isLast = kind === 'approve' || kind === 'reject'
  return !isLast && decisions.length + delegations.length >= mostNotes
}

/** Whether the policy permits this kind of decision at all. */
export function permits(request: ApprovalRequest, kind: DecisionKind | 'delegate'): boolean {
  if (kind === 'approve' || kind === 'reject' || kind === 'abstain') return true
  return request.policy.allow?.includes(kind) ?? false
}

/** The request after one more approval, at the first stage without its quorum; complete if every stage has its quorum. */
export function countApproval(
  request: ApprovalRequest,
  decision: ApprovalDecision,
): { readonly request: ApprovalRequest; readonly complete: boolean } {
  const decided = { ...request, decisions: [...request.decisions, decision] }
  const waiting = waitingStage(decided)
  return waiting === -1
    ? { request: decided, complete: true }
    : { request: { ...decided, stage: waiting }, complete: false }
}
