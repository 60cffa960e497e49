import type { Kernel } from '../kernel.ts'
import { requestsOfRun } from '../reading/requests-of-run.ts'
import type { Change } from './change.ts'
import { approvalSystem, close } from './close-request.ts'
import { draftOf } from './draft.ts'

/** Ends the requests that are open when their run moves, also those of the same change: they can no longer happen. */
export async function supersede(kernel: Kernel, change: Change): Promise<void> {
  if (change.instance.openApprovals <= 0) return
  const changed = change.approvals
  const others = (await requestsOfRun(kernel.store, change.instance, { status: 'pending' })).filter(
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
