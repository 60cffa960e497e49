import { type ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../../kernel.ts'
import { scopesOf } from '../../recording/change-scopes.ts'
import { approvalSystem, close } from '../../recording/close-request.ts'
import { isOverLimit } from '../../recording/refused-by.ts'
import type { DecisionResult } from './decide-request.ts'
import { decisionDraft } from './decision-draft.ts'
import type { Situation, Outcome } from './on-request.ts'
import { takePolicyFollowUp } from './policy-follow-up.ts'

/** Ends a request whose time is over; nobody is recorded as having decided. */
export async function expire(
  kernel: Kernel,
  situation: Situation,
): Promise<Outcome<DecisionResult>> {
  const { request, instance, change } = situation
  const expired: ApprovalRequest = { ...request, status: 'expired', decidedAt: kernel.clock.now() }
  const nobody = { ...situation, actor: approvalSystem }
  change.append(decisionDraft(kernel, nobody, 'loop.approval.expired'))
  close(kernel, change, expired)
  const { onExpiry } = request.policy
  const taken = await takePolicyFollowUp(kernel, situation, onExpiry)
  return {
    result: { status: 'refused', reason: 'expired', request: expired },
    isHeldUp: taken !== undefined && isOverLimit(taken.ruling),
    // A stop need not hold up the expiry itself, but it holds up the transition that follows.
    plan: {
      scopes: onExpiry === undefined ? [] : scopesOf(instance, approvalSystem),
      reservations: taken?.reservations,
    },
  }
}
