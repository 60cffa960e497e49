import { approvalsOf, type ApprovalDecision, type ApprovalRequest } from '@loop-engine/core'

import { identityClasses, involvedIn } from '../../identity-classes.ts'
import type { Kernel } from '../../kernel.ts'
import { refuseReviewer } from './approval-rules.ts'
import { withStandingDelegations } from './standing-delegations.ts'

/**
 * The approvals that count no longer. Entitlement is checked when an approval is used, not when it was given (invariant
 * 16): a reviewer who has lost the role since, or turns out to be the requester or an earlier voter, has no vote.
 */
export async function lapsedVotes(
  kernel: Kernel,
  request: ApprovalRequest,
): Promise<ReadonlySet<ApprovalDecision>> {
  if (!kernel.identity.hasDirectory) return new Set()
  const { tenant } = request
  const votes = approvalsOf(request)
  const [standing, classOf, people] = await Promise.all([
    withStandingDelegations(kernel, request),
    identityClasses(kernel, tenant, involvedIn(request)),
    Promise.all(votes.map(async ({ reviewer }) => kernel.identity.today(tenant, reviewer))),
  ])
  const counted: ApprovalDecision[] = []
  for (const [index, vote] of votes.entries()) {
    const before = { ...standing, stage: vote.stage, decisions: counted }
    const actor = people[index]?.actor
    if (actor && refuseReviewer(before, actor, classOf) === null) counted.push(vote)
  }
  return new Set(votes.filter((vote) => !counted.includes(vote)))
}
