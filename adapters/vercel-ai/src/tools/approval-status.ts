import type { CallOutcome } from '../calls/call-outcome.ts'

/** What the SDK hears about a call before it would execute it. */
export type ToolApprovalStatus =
  | 'not-applicable'
  /** It has a reason as well, which the types of the first `ai` 7 forbid. */
  | { readonly type: 'user-approval' }
  | { readonly type: 'denied'; readonly reason: string }

export function statusOf({ status, message, approvalId }: CallOutcome): ToolApprovalStatus {
  // What ran has a result to hand over, and `execute` hands it over.
  if (status === 'executed' || status === 'failed') return 'not-applicable'
  if (status === 'pending') return asking(`Waits for approval ${approvalId ?? ''}.`)
  return { type: 'denied', reason: message }
}

export function asking(reason: string): ToolApprovalStatus {
  const status = { type: 'user-approval', reason } as const
  return status
}
