import type { Actor, ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { Change } from './change.ts'
import { approvalTimer, enqueueNotices } from './orders.ts'

/** The actor of endings that nobody decided. */
export const approvalSystem: Actor = Object.freeze({ type: 'system', id: 'system:approvals' })

/** Keeps a request as it ended, tells the channels, and cancels its expiry. */
export function close(kernel: Kernel, change: Change, request: ApprovalRequest): void {
  change.upsert(request)
  change.cancel(approvalTimer(request.id, 'approval-expiry'))
  enqueueNotices(change, request, request.status, kernel)
}
