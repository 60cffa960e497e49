import type { ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../../kernel.ts'
import { compareWithRecord } from '../../reading/compare-with-record.ts'
import { scopesOf } from '../../recording/change-scopes.ts'
import { enqueueNotices } from '../../recording/orders.ts'
import type { DecisionResult } from './decide-request.ts'
import type { Outcome, Situation } from './on-request.ts'

/**
 * Keeps what somebody made of a request that goes on waiting, and tells the channels. What is on record then counts later:
 * a request that was changed by hand would let somebody vote who may not, and could be put right before the last vote.
 */
export async function recordProgress(
  kernel: Kernel,
  { request: before, instance, change, actor }: Situation,
  request: ApprovalRequest,
  occasion: string,
): Promise<Outcome<DecisionResult>> {
  const changed = await compareWithRecord(kernel, before, instance)
  if (changed) throw changed
  change.upsert(request)
  enqueueNotices(change, request, occasion, kernel)
  return {
    result: { status: 'recorded', request },
    plan: { scopes: scopesOf(instance, actor) },
  }
}
