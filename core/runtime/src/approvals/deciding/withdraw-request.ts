import { LoopError, type Actor, type ApprovalRequest, type KnownKeys } from '@loop-engine/core'

import { checkInput } from '../../check-input.ts'
import { admitted } from '../../judging/admit-actor.ts'
import type { Kernel } from '../../kernel.ts'
import { close } from '../../recording/close-request.ts'
import { decisionDraft } from './decision-draft.ts'
import { expire } from './expire-request.ts'
import { onRequest } from './on-request.ts'

export interface WithdrawInput {
  readonly requestId: string
  readonly tenant?: string
  readonly actor: Actor
  readonly reason?: string
}

const keys: KnownKeys<WithdrawInput> = { requestId: true, tenant: true, actor: true, reason: true }

export async function withdraw(kernel: Kernel, input: WithdrawInput): Promise<ApprovalRequest> {
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
