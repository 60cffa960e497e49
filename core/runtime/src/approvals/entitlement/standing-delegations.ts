import { sameParty } from '@loop-engine/actors'
import { delegatorOf, type ApprovalRequest } from '@loop-engine/core'

import { identityClasses } from '../../identity-classes.ts'
import type { Kernel } from '../../kernel.ts'
import { mayHandOn } from './approval-rules.ts'

/**
 * The request without the delegations of people who may no longer decide themselves (invariant 17), because they have lost
 * the role or turn out to be the requester.
 */
export async function withStandingDelegations(
  kernel: Kernel,
  request: ApprovalRequest,
): Promise<ApprovalRequest> {
  const { tenant, delegations, policy, requester } = request
  if (!kernel.identity.hasDirectory || delegations.length === 0) return request
  const people = delegations.map(delegatorOf)
  const [classOf, known] = await Promise.all([
    identityClasses(kernel, tenant, [requester, ...people]),
    Promise.all(people.map(async (person) => kernel.identity.today(tenant, person))),
  ])
  const standing: ApprovalRequest['delegations'][number][] = []
  for (const [index, one] of delegations.entries()) {
    const from = known[index]?.actor
    const isOwn = policy.fourEyes && from && sameParty(from, requester, classOf)
    const before = { ...request, stage: one.stage, delegations: standing }
    if (from && !isOwn && mayHandOn(before, from)) standing.push(one)
  }
  return { ...request, delegations: standing }
}
