import {
  isReviewer,
  LoopError,
  type Actor,
  type ApprovalRequest,
  type KnownKeys,
} from '@loop-engine/core'

import { checkInput } from '../../check-input.ts'
import { checkKey } from '../../check-key.ts'
import { admitted } from '../../judging/admit-actor.ts'
import type { Kernel } from '../../kernel.ts'
import { permits } from '../entitlement/approval-rules.ts'
import { refuseToday } from '../entitlement/refuse-today.ts'
import type { DecisionResult } from './decide-request.ts'
import { decisionDraft } from './decision-draft.ts'
import { heldUpByAccounts, onRequest, type Outcome, type Situation } from './on-request.ts'
import { recordProgress } from './record-progress.ts'
import { refuseEarly, refuse } from './refuse-decision.ts'

export interface DelegateInput {
  readonly requestId: string
  readonly tenant?: string
  readonly actor: Actor
  readonly to: string
  readonly reason?: string
}

const keys: KnownKeys<DelegateInput> = {
  requestId: true,
  tenant: true,
  actor: true,
  to: true,
  reason: true,
}

export async function delegate(kernel: Kernel, input: DelegateInput): Promise<DecisionResult> {
  checkInput('approvals.delegate', input, keys, ['requestId'])
  const { tenant = 'default', to, reason } = input
  checkKey(to, '/to')
  if (!isReviewer(to))
    throw new LoopError('invalid_input', 'A decision is handed to somebody, such as ann.', {
      path: '/to',
    })
  const actor = admitted(kernel, input.actor)
  const judge = async (situation: Situation): Promise<Outcome<DecisionResult>> => {
    const { request, change } = situation
    const early = refuseEarly(kernel, situation, { decision: 'approve' })
    if (early) return { result: { status: 'refused', reason: early, request } }
    const today = await kernel.identity.today(tenant, actor)
    const refusal = permits(request, 'delegate')
      ? await refuseToday(kernel, request, today, 'delegate')
      : 'not_allowed'
    if (refusal) return refuse(kernel, situation, { decision: 'delegate' }, refusal)
    const handed: ApprovalRequest = {
      ...request,
      delegations: [
        ...request.delegations,
        {
          from: actor.id,
          ...(actor.onBehalfOf && { onBehalfOf: actor.onBehalfOf }),
          to,
          stage: request.stage,
          at: kernel.clock.now(),
        },
      ],
    }
    const type = 'loop.approval.decided'
    const draft = decisionDraft(kernel, situation, type, 'delegate', { reason })
    change.append({ ...draft, data: { to } })
    const outcome = await recordProgress(kernel, situation, handed, 'delegated')
    return heldUpByAccounts(outcome, situation, today?.accounts ?? [])
  }
  return onRequest(kernel, input, actor, judge, (situation, reason) =>
    refuse(kernel, situation, { decision: 'delegate' }, reason),
  )
}
