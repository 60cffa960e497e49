import { isAssured, type ApprovalRequest } from '@loop-engine/core'

type Asked = Pick<ApprovalRequest, 'policy' | 'view'>

/** Whether a note is proof enough of identity to approve this request. */
export function noteApproves(request: Asked): boolean {
  const { assurance } = request.policy
  if (assurance !== undefined) return isAssured({ method: 'pagerduty' }, assurance)
  return !needsPage(request)
}

/** Whether approving needs the page: at high risk, unless the policy's `assurance` says what is enough. */
export function needsPage({ policy, view }: Asked): boolean {
  const { risk } = view.transition
  return policy.assurance === undefined && (risk === 'high' || risk === 'critical')
}
