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
  const delegators = [...new Set(delegations.map(({ from }) => from))]
  const today = new Map(
    await Promise.all(
      delegators.map(
        async (id) => [id, await kernel.identity.today(tenant, { type: 'human', id })] as const,
      ),
    ),
  )
  const standing: ApprovalRequest['delegations'][number][] = []
  for (const one of delegations) {
    const from = today.get(one.from)?.actor
    const before = { ...request, stage: one.stage, delegations: standing }
    if (from && mayHandOn(before, from)) standing.push(one)
  }
  return { ...request, delegations: standing }
}
