import { type ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { close, followUp, decisionDraft, approvalSystem } from './close-request.ts'
import type { DecisionResult } from './decide-request.ts'
import type { Situation, Outcome } from './on-request.ts'

/** Ends a request by the clock; nobody is recorded as having decided. */
export async function expire(
  kernel: Kernel,
  { request, instance, change }: Situation,
): Promise<Outcome<DecisionResult>> {
  const expired: ApprovalRequest = { ...request, status: 'expired', decidedAt: kernel.clock.now() }
  change.append(decisionDraft(kernel, instance, request, approvalSystem, 'loop.approval.expired'))
  close(kernel, change, expired)
  await followUp(kernel, change, request.policy.onExpiry, expired)
  return {
    result: { status: 'refused', reason: 'expired', request: expired },
    plan: { scopes: [] },
  }
}
