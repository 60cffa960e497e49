import { LoopError, type ApprovalRequest } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import type { Approvals } from './approvals.ts'

/** Looks whenever an event of the request is heard in this process, and every `pollMs` for those of others. */
export async function wait(
  kernel: Kernel,
  { requestId, tenant = 'default', signal }: Parameters<Approvals['wait']>[0],
): Promise<ApprovalRequest> {
  let bell = new AbortController()
  const stop = kernel.bus.subscribe({ approvalId: requestId }, () => bell.abort('rung'))
  try {
    for (;;) {
      const request = await kernel.store.approval(tenant, requestId)
      if (!request)
        throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
      if (request.status !== 'pending') return request
      if (signal?.aborted) throw new LoopError('aborted', 'Waiting for a decision was aborted.')
      const woken = signal ? AbortSignal.any([signal, bell.signal]) : bell.signal
      await kernel.clock.sleep(kernel.limits.pollMs, woken)
      // What is heard from here on rings the next one.
      if (bell.signal.aborted) bell = new AbortController()
    }
  } finally {
    stop()
  }
}
