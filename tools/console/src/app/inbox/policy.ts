import type { ApprovalRequest, Who } from '@loop-engine/client'
import { reviewersOf } from '@loop-engine/core'

/** Which of those who may decide the person is; the server alone judges whether it counts. */
export function ownReasons(request: ApprovalRequest, { actor }: Who): readonly string[] {
  const { id, roles = [], groups = [] } = actor
  return reviewersOf(request).flatMap((reviewer) => {
    const [kind, name = ''] = reviewer.split(/:(.*)/s, 2)
    if (reviewer === '*') return ['any person may decide']
    if (kind === 'role') return roles.includes(name) ? [`you have the role ${name}`] : []
    if (kind === 'group') return groups.includes(name) ? [`you are in the group ${name}`] : []
    if (reviewer === id || (kind === 'user' && name === id)) return ['you are named']
    return []
  })
}

/** Approvals that count at the waiting stage, and how many it needs. */
export function quorumOf({ policy, stage, decisions, revision }: ApprovalRequest): {
  readonly given: number
  readonly needed: number
} {
  const given = decisions.filter(
    (decision) =>
      decision.stage === stage &&
      decision.revision === revision &&
      (decision.decision === 'approve' || decision.decision === 'edit'),
  ).length
  return { given, needed: policy.stages[stage]?.quorum ?? 1 }
}

export function allows(
  { policy }: ApprovalRequest,
  kind: 'edit' | 'respond' | 'delegate',
): boolean {
  const { allow } = policy
  return Array.isArray(allow) && allow.includes(kind)
}
