import type { CallOutcome } from '../calls/call-outcome.ts'

/** What the SDK hears about a call before it would execute it. */
export type ToolApprovalStatus =
  | 'not-applicable'
  | { readonly type: 'user-approval'; readonly reason: string }
  | { readonly type: 'denied'; readonly reason: string }

export function statusOf({ status, message, approvalId }: CallOutcome): ToolApprovalStatus {
  // What ran has a result to hand over, and `execute` hands it over.
  if (status === 'executed' || status === 'failed') return 'not-applicable'
  if (status === 'pending')
    return { type: 'user-approval', reason: `Waits for approval ${approvalId ?? ''}.` }
  return { type: 'denied', reason: message }
}
