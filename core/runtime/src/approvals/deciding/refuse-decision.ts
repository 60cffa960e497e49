import type { Kernel } from '../../kernel.ts'
import { permits, type DecisionRefusal } from '../entitlement/approval-rules.ts'
import type { DecideInput, DecisionResult } from './decide-request.ts'
import { decisionDraft } from './decision-draft.ts'
import type { Situation, Outcome } from './on-request.ts'

/** Why a decision is refused without a record: it came too late, or on an outdated view. */
export function refuseEarly(
  kernel: Kernel,
  { request, instance }: Situation,
  input: Pick<DecideInput, 'decision' | 'revision' | 'viewHash'>,
): DecisionRefusal | null {
  if (request.status === 'expired') return 'expired'
  if (request.status === 'superseded') return 'superseded'
  if (request.status !== 'pending') return 'already_decided'
  if (kernel.clock.now() >= request.expiresAt) return 'expired'
  if (instance.stateVersion !== request.stateVersion || instance.status !== 'active')
    return 'superseded'
  if (input.revision !== undefined && input.revision !== request.revision) return 'stale_revision'
  if (input.viewHash !== undefined && input.viewHash !== request.viewHash) return 'view_changed'
  if (!permits(request, input.decision)) return 'not_allowed'
  return null
}

/** Records a decision to which somebody was not entitled. */
export function refuse(
  kernel: Kernel,
  situation: Situation,
  input: Pick<DecideInput, 'reason' | 'proof'> & {
    readonly decision: DecideInput['decision'] | 'delegate'
  },
  reason: DecisionRefusal,
): Outcome<DecisionResult> {
  const decision = `refused:${input.decision}`
  const draft = decisionDraft(kernel, situation, 'loop.approval.decided', decision, input)
  situation.change.append({ ...draft, reason })
  return {
    result: { status: 'refused', reason, request: situation.request },
    plan: { scopes: [] },
  }
}
