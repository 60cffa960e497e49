import type { CallOutcome } from '../calls/call-outcome.ts'

/** What the SDK is told about a call before it would execute it. */
export type ToolApprovalStatus =
  | 'not-applicable'
  /** Has a `reason` as well, which the types of the first releases of `ai` 7 do not allow. */
  | { readonly type: 'user-approval' }
  | { readonly type: 'denied'; readonly reason: string }

export function statusOf({ status, message, approvalId }: CallOutcome): ToolApprovalStatus {
  // A call that ran needs no approval: `execute` hands its recorded result over.
  if (status === 'executed' || status === 'failed') return 'not-applicable'
  if (status === 'pending') return asking(`Waits for approval ${approvalId ?? ''}.`)
  return { type: 'denied', reason: message }
}

export function asking(reason: string): ToolApprovalStatus {
  const status = { type: 'user-approval', reason } as const
  return status
}
