import { LoopError, type ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { Approvals } from './approvals.ts'

export async function wait(
  kernel: Kernel,
  { requestId, tenant = 'default', signal }: Parameters<Approvals['wait']>[0],
): Promise<ApprovalRequest> {
  for (;;) {
    const decided = new AbortController()
    const stop = kernel.bus.subscribe({ approvalId: requestId }, () => decided.abort())
    try {
      const request = await kernel.store.approval(tenant, requestId)
      if (!request)
        throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
      if (request.status !== 'pending') return request
      if (signal?.aborted) throw new LoopError('aborted', 'Waiting for a decision was aborted.')
      const woken = signal ? AbortSignal.any([signal, decided.signal]) : decided.signal
      await kernel.clock.sleep(kernel.limits.pollMs, woken)
    } finally {
      stop()
    }
  }
}
