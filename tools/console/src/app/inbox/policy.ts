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

export function allows(
  { policy }: ApprovalRequest,
  kind: 'edit' | 'respond' | 'delegate',
): boolean {
  const { allow } = policy
  return Array.isArray(allow) && allow.includes(kind)
}
