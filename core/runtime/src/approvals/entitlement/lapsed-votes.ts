import { approvalsOf, type ApprovalDecision, type ApprovalRequest } from '@loop-engine/core'

import { identityClasses, involvedIn } from '../../identity-classes.ts'
import type { Kernel } from '../../kernel.ts'
import { refuseReviewer } from './approval-rules.ts'
import { withStandingDelegations } from './standing-delegations.ts'

/**
 * The approvals that count no longer. Who may approve is asked when an approval is consumed, not when it was clicked
 * (invariant 16): who has lost the role since, or is known by now as the requester or as an earlier voter, has no say.
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
