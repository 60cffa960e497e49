import { LoopError, stayAwake, type ApprovalRequest, type KnownKeys } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import type { Kernel } from '../kernel.ts'
import { recordedApproval } from '../reading/compare-with-record.ts'

export interface WaitInput {
  readonly requestId: string
  readonly tenant?: string
  readonly signal?: AbortSignal
}

const keys: KnownKeys<WaitInput> = { requestId: true, tenant: true, signal: true }

/** Hears at once of decisions in this process, and looks every `pollMs` for those of others. */
export async function wait(kernel: Kernel, input: WaitInput): Promise<ApprovalRequest> {
  checkInput('approvals.wait', input, keys, ['requestId'])
  const { requestId, tenant = 'default', signal } = input
  let told: ApprovalRequest | undefined
  let wake = (): void => {}
  const takeDown = kernel.bells.hang(requestId, (request) => {
    if (request.tenant !== tenant || request.status === 'pending') return
    told = request
    wake()
  })
  const rest = stayAwake()
  try {
    for (;;) {
      // The bell hangs before the request is read, so that no decision is missed in between.
      const bell = Promise.withResolvers<void>()
      wake = bell.resolve
      if (told) return told
      const request = await kernel.store.approval(tenant, requestId)
      if (!request)
        throw new LoopError('not_found', 'No approval request has this id.', { path: '/requestId' })
      if (request.status !== 'pending') return await recordedApproval(kernel, request)
      if (signal?.aborted) throw new LoopError('aborted', 'Waiting for a decision was aborted.')
      // The bell does not cancel the sleep, because letting it pass costs less.
      kernel.clock.sleep(kernel.limits.pollMs, signal).then(bell.resolve, bell.reject)
      await bell.promise
    }
  } finally {
    rest()
    takeDown()
  }
}
