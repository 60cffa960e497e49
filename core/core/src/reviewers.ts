import type { ApprovalRequest } from './approval.ts'

/** Who may decide at a stage, the one that waits by default: names of people, roles and groups. */
export function reviewersOf(request: ApprovalRequest, stage = request.stage): readonly string[] {
  return [...askedAt(request, stage), ...handedOnAt(request, stage).map(({ to }) => to)]
}

/** Who may decide at a stage by the policy, escalation included, and not because somebody handed it on. */
export function askedAt({ policy, escalated }: ApprovalRequest, stage: number): readonly string[] {
  return [...(policy.stages[stage]?.reviewers ?? []), ...escalated]
}

/** The delegations that count at a stage: who hands a decision on has that of one stage to hand on. */
export function handedOnAt(
  { delegations }: ApprovalRequest,
  stage: number,
): ApprovalRequest['delegations'] {
  return delegations.filter((one) => one.stage === stage)
}
