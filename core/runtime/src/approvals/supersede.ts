import type { LoopInstance } from '@loop-engine/core'

import type { Change } from '../change.ts'
import { draftOf } from '../draft.ts'
import type { Kernel } from '../kernel.ts'
import { approvalTimer, enqueueNotices } from '../orders.ts'

const system = Object.freeze({ type: 'system', id: 'system:approvals' } as const)

/** Ends the requests that still wait when their run moves: what they asked for can no longer happen. */
export async function supersede(
  kernel: Kernel,
  change: Change,
  before: LoopInstance,
  except?: string,
): Promise<void> {
  const { items } = await kernel.store.approvals({
    tenant: before.tenant,
    runId: before.runId,
    status: 'pending',
    limit: 1000,
  })
  for (const request of items) {
    if (request.id === except) continue
    const at = kernel.clock.now()
    change.append({
      ...draftOf(kernel, change.instance ?? before, system),
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
