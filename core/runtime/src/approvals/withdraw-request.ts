import { LoopError, type ApprovalRequest } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { admitted } from '../judging/admit-input.ts'
import type { Kernel } from '../kernel.ts'
import { close } from '../recording/close-request.ts'
import type { Approvals } from './approvals.ts'
import { decisionDraft } from './decision-draft.ts'
import { expire } from './expire-request.ts'
import { onRequest } from './on-request.ts'

const keys = { requestId: true, tenant: true, actor: true, reason: true } as const

export async function withdraw(
  kernel: Kernel,
  input: Parameters<Approvals['withdraw']>[0],
): Promise<ApprovalRequest> {
  checkInput('approvals.withdraw', input, keys, ['requestId'])
  const { reason = 'withdrawn' } = input
  const actor = admitted(kernel, input.actor)
  return onRequest<ApprovalRequest>(kernel, input, actor, async (situation) => {
    const { request, change } = situation
    if (request.status !== 'pending') return { result: request }
    const { type, id } = request.requester
    const isRequester = actor.type === type && actor.id === id
    if (!isRequester && actor.type !== 'human') {
      throw new LoopError('refused', 'Only the requester or a person may withdraw a request.', {
        details: { reason: 'not_entitled' },
      })
    }
    if (kernel.clock.now() >= request.expiresAt) {
      const expired = await expire(kernel, situation)
      return { ...expired, result: expired.result.request }
    }
    const withdrawn: ApprovalRequest = {
      ...request,
      status: 'cancelled',
      decidedAt: kernel.clock.now(),
    }
    change.append(
      decisionDraft(kernel, situation, 'loop.approval.superseded', 'withdraw', { reason }),
    )
    close(kernel, change, withdrawn)
    return { result: withdrawn, plan: { scopes: [] } }
  })
}
