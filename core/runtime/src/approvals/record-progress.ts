import type { ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { enqueueNotices } from '../recording/orders.ts'
import { scopesOf } from '../recording/stop-scopes.ts'
import type { DecisionResult } from './decide-request.ts'
import type { Outcome, Situation } from './on-request.ts'

/** Keeps what somebody made of a request that goes on waiting, and tells the channels. */
export function recordProgress(
  kernel: Kernel,
  { instance, change, actor }: Situation,
  request: ApprovalRequest,
  occasion: string,
): Outcome<DecisionResult> {
  change.upsert(request)
  enqueueNotices(change, request, occasion, kernel)
  return {
    result: { status: 'recorded', request },
    plan: { scopes: scopesOf(instance, actor) },
  }
}
