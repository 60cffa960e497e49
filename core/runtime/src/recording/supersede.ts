import type { ApprovalRequest, LoopInstance } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { Change } from './change.ts'
import { approvalSystem, close } from './close-request.ts'
import { draftOf } from './draft.ts'

/** Ends the requests that still wait when their run moves, those of the same change too: what they asked for can no longer happen. */
export async function supersede(kernel: Kernel, change: Change): Promise<void> {
  if (change.instance.openApprovals <= 0) return
  const changed = change.approvals
  const others = (await pendingOf(kernel, change.instance)).filter(
    ({ id }) => !changed.some((request) => request.id === id),
  )
  for (const request of [...changed.filter(({ status }) => status === 'pending'), ...others]) {
    const at = kernel.clock.now()
    change.append({
      ...draftOf(kernel, change.instance, approvalSystem),
      type: 'loop.approval.superseded',
      transitionId: request.transitionId,
      approval: { id: request.id, revision: request.revision, viewHash: request.viewHash },
      reason: 'run_moved',
    })
    close(kernel, change, { ...request, status: 'superseded', decidedAt: at })
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
