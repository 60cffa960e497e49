import type { ApprovalRequest, LoopInstance } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { Change } from '../recording/change.ts'
import { draftOf } from '../recording/draft.ts'
import { approvalTimer, enqueueNotices } from '../recording/orders.ts'

const system = Object.freeze({ type: 'system', id: 'system:approvals' } as const)

/** Ends the requests that still wait when their run moves, those of the same change too: what they asked for can no longer happen. */
export async function supersede(
  kernel: Kernel,
  change: Change,
  before: LoopInstance,
): Promise<void> {
  const changed = change.approvals
  const others = (await pendingOf(kernel, before)).filter(
    ({ id }) => !changed.some((request) => request.id === id),
  )
  for (const request of [...changed.filter(({ status }) => status === 'pending'), ...others]) {
    const at = kernel.clock.now()
    change.append({
      ...draftOf(kernel, change.instance, system),
      type: 'loop.approval.superseded',
      transitionId: request.transitionId,
      approval: { id: request.id, revision: request.revision, viewHash: request.viewHash },
      reason: 'run_moved',
    })
    const closed = { ...request, status: 'superseded' as const, decidedAt: at }
    change.upsert(closed)
    change.cancel(approvalTimer(request.id, 'approval-expiry'))
    enqueueNotices(change, closed, 'superseded', kernel)
  }
}

async function pendingOf(
  { store }: Kernel,
  { tenant, runId }: LoopInstance,
): Promise<readonly ApprovalRequest[]> {
  const pending: ApprovalRequest[] = []
  let cursor: string | undefined
  do {
    const page = await store.approvals({
      tenant,
      runId,
      status: 'pending',
      limit: 1000,
      ...(cursor !== undefined && { cursor }),
    })
    pending.push(...page.items)
    cursor = page.cursor
  } while (cursor !== undefined)
  return pending
}
