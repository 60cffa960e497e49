import type { ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../../kernel.ts'
import { compareWithRecord } from '../../reading/compare-with-record.ts'
import { scopesOf } from '../../recording/change-scopes.ts'
import { enqueueNotices } from '../../recording/orders.ts'
import type { DecisionResult } from './decide-request.ts'
import type { Outcome, Situation } from './on-request.ts'

/**
 * Keeps a request that goes on waiting, and tells the channels. The request is compared with the record at every step: if
 * only the last vote did that, somebody could change the request in the database, vote, and change it back.
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
