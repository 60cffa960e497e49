import type { Kernel } from '../kernel.ts'
import { permits, type DecisionRefusal } from './approval-rules.ts'
import { decisionDraft } from './close-request.ts'
import type { DecideInput, DecisionResult } from './decide-request.ts'
import type { Situation, Outcome } from './on-request.ts'

/** Refusals that change nothing and need no record: the click was late or blind. */
export function refuseEarly(
  kernel: Kernel,
  { request, instance }: Situation,
  input: DecideInput,
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

/** A decision that somebody was not entitled to is on record too. */
export function refuse(
  kernel: Kernel,
  { request, instance, change, reviewer }: Situation,
  input: Pick<DecideInput, 'reason' | 'proof'> & {
    readonly decision: DecideInput['decision'] | 'delegate'
  },
  reason: DecisionRefusal,
): Outcome<DecisionResult> {
  change.append({
    ...decisionDraft(
      kernel,
      instance,
      request,
      reviewer,
      'loop.approval.decided',
      `refused:${input.decision}`,
      input,
    ),
    reason,
  })
  return { result: { status: 'refused', reason, request }, plan: { scopes: [] } }
}
