import { type ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { scopesOf } from '../recording/stop-scopes.ts'
import { close, followUp, decisionDraft, approvalSystem } from './close-request.ts'
import type { DecisionResult } from './decide-request.ts'
import type { Situation, Outcome } from './on-request.ts'
import { refuseChanged } from './refuse-changed.ts'

/** Ends a request by the clock; nobody is recorded as having decided. */
export async function expire(
  kernel: Kernel,
  { request, instance, change }: Situation,
): Promise<Outcome<DecisionResult>> {
  const expired: ApprovalRequest = { ...request, status: 'expired', decidedAt: kernel.clock.now() }
  change.append(decisionDraft(kernel, instance, request, approvalSystem, 'loop.approval.expired'))
  close(kernel, change, expired)
  const { onExpiry } = request.policy
  if (onExpiry !== undefined) await refuseChanged(kernel, request, instance)
  const reservations = await followUp(kernel, change, onExpiry, expired)
  return {
    result: { status: 'refused', reason: 'expired', request: expired },
    // An expiry alone changes nothing that a stop must hold up; the transition that it leads to waits for the release.
    plan: {
      scopes: onExpiry === undefined ? [] : scopesOf(instance, approvalSystem),
      reservations,
    },
  }
}
