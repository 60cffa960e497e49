import type { ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { mayHandOn } from './approval-rules.ts'

/** The request without what was handed on by people who may no longer decide themselves (invariant 17). */
export async function withStandingDelegations(
  kernel: Kernel,
  request: ApprovalRequest,
): Promise<ApprovalRequest> {
  const { tenant, delegations } = request
  if (!kernel.identity.hasDirectory || delegations.length === 0) return request
  const today = await Promise.all(
    delegations.map(async ({ from: id }) => kernel.identity.today(tenant, { type: 'human', id })),
  )
  const standing: ApprovalRequest['delegations'][number][] = []
  for (const [index, one] of delegations.entries()) {
    const from = today[index]?.actor
    const before = { ...request, stage: one.stage, delegations: standing }
    if (from && mayHandOn(before, from)) standing.push(one)
  }
  return { ...request, delegations: standing }
}
