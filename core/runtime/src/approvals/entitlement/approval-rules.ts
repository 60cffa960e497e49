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

/** The rules of who may decide what, and when a request is decided. Pure. */

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
  // Whose vote it is: a delegate's is that of who handed it on. Or one person could make up a quorum out of delegates.
  const own = handedOnBy(request, actor).at(-1) ?? actor.id
  const votedBefore = approvalsOf(request).some(
    ({ reviewer, handedOnBy: chain = [] }) =>
      samePerson(reviewer.id, actor.id, classOf) ||
      samePerson(chain.at(-1) ?? reviewer.id, own, classOf),
  )
  return votedBefore ? 'already_voted' : null
}

/** By whom a delegate has a vote now, the last first; by nobody who may review anyway. */
export function handedOnBy(request: ApprovalRequest, actor: Actor): readonly string[] {
  if (mayReview(actor, askedAt(request, request.stage))) return []
  const chain: string[] = []
  // The newest first, for a delegate may have handed it on in turn.
  for (const { from, to } of handedOnAt(request, request.stage).toReversed()) {
    const last = chain.at(-1)
    if (last === undefined ? mayReview(actor, [to]) : samePerson(to, last)) chain.push(from)
  }
  return chain
}

/** Whether a vote is this person's to hand on: one of a role or group to which it was handed shares it with the others. */
export function mayHandOn(request: ApprovalRequest, actor: Actor): boolean {
  return (
    mayReview(actor, askedAt(request, request.stage)) ||
    handedOnAt(request, request.stage).some(({ to }) => samePerson(to, actor.id))
  )
}

/** Whether a person is known well enough for this decision; to say no anybody who is entitled is. */
export function isKnownWellEnough(
  { policy }: ApprovalRequest,
  decision: DecisionKind | 'delegate',
  { assurance }: Actor,
): boolean {
  if (policy.assurance === undefined) return true
  // Or whoever passes for a reviewer in a weak way could let in somebody who is known well.
  const isGrant = decision === 'approve' || decision === 'edit' || decision === 'delegate'
  return !isGrant || isAssured(assurance, policy.assurance)
}

/** What may be made of one request, besides to approve or reject it: whoever looks at it reads all of that. */
const mostNotes = 200

/** Whether so much was made of a request that nothing is left but to approve or reject it. */
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

/** The request after one more approval, waiting at the first stage without its quorum; complete when none is. */
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
