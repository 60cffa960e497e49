import { isAssured, type ApprovalRequest } from '@loop-engine/core'

type Asked = Pick<ApprovalRequest, 'policy' | 'view'>

/** Whether who is known by a note alone may approve. */
export function noteApproves(request: Asked): boolean {
  const { assurance } = request.policy
  if (assurance !== undefined) return isAssured({ method: 'pagerduty' }, assurance)
  return !needsPage(request)
}

/** What is of high risk is not approved by a note, unless the policy's `assurance` says that a note is enough. */
export function needsPage({ policy, view }: Asked): boolean {
  const { risk } = view.transition
  return policy.assurance === undefined && (risk === 'high' || risk === 'critical')
}
