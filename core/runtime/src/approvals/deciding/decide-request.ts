import {
  isRecord,
  LoopError,
  type Actor,
  type ApprovalRequest,
  type DecisionKind,
  type JsonObject,
  type KnownKeys,
  type TransitionResult,
} from '@loop-engine/core'

import { checkInput } from '../../check-input.ts'
import { comparableOf } from '../../judging/evidence.ts'
import type { Kernel } from '../../kernel.ts'
import { answered, idempotencyOf } from '../../recording/idempotency.ts'
import type { DecisionRefusal } from '../entitlement/approval-rules.ts'
import { refuseToday } from '../entitlement/refuse-today.ts'
import { apply } from './apply-decision.ts'
import { expire } from './expire-request.ts'
import { answeredBefore, answerToKeep } from './kept-answer.ts'
import { heldUpByAccounts, onRequest } from './on-request.ts'
import { refuseEarly, refuse } from './refuse-decision.ts'

export interface DecideInput {
  readonly requestId: string
  readonly tenant?: string
  readonly decision: DecisionKind
  readonly actor: Actor
  readonly reason?: string
  /** The revision and view that the reviewer saw; a channel must send both, code may leave them out. */
  readonly revision?: number
  readonly viewHash?: string
  /** For `edit`: the whole evidence as it should be. */
  readonly edits?: object
  /** For `respond` and `abstain`: what the requester should know. */
  readonly response?: object
  /** Ids that prove the event behind the decision; recorded with it. */
  readonly proof?: Readonly<Record<string, string>>
  readonly idempotencyKey?: string
}

const keys: KnownKeys<DecideInput> = {
  requestId: true,
  tenant: true,
  decision: true,
  actor: true,
  reason: true,
  revision: true,
  viewHash: true,
  edits: true,
  response: true,
  proof: true,
  idempotencyKey: true,
}

interface Decided {
  readonly request: ApprovalRequest
  /** The answer that an earlier decision with the same key got. */
  readonly replayed?: true
}

/** What became of a decision. A refusal is data, with a reason to show. `blocked`: approved, but a guard no longer passes. */
export type DecisionResult =
  | (Decided & { readonly status: 'recorded' | 'rejected' })
  | (Decided & {
      readonly status: 'executed' | 'blocked'
      readonly transition: TransitionResult
    })
  | (Decided & { readonly status: 'refused'; readonly reason: DecisionRefusal })

/** Refuses a field that this kind of decision would ignore: the reviewer would approve something else than they wrote. */
function refuseStray({ decision, edits, response }: DecideInput): void {
  if (edits !== undefined && decision !== 'edit')
    throw new LoopError('invalid_input', 'Only a decision to edit has `edits`.', {
      path: '/edits',
      hint: 'Decide `edit` to approve with them, or leave them out.',
    })
  if (response !== undefined && decision !== 'respond' && decision !== 'abstain')
    throw new LoopError('invalid_input', 'Only a decision to respond or abstain has `response`.', {
      path: '/response',
      hint: 'Give a `reason`, or respond first.',
    })
}

export async function decideRequest(kernel: Kernel, given: DecideInput): Promise<DecisionResult> {
  // A copy, because the caller may use the object for the next decision while this one is judged.
  const input = isRecord(given) ? { ...given } : given
  checkInput('approvals.decide', input, keys, ['requestId', 'decision'])
  const { tenant = 'default', requestId } = input
  refuseStray(input)
  const admission = kernel.identity.admit(input.actor)
  const reviewer = admission.actor
  const idempotency = idempotencyOf(reviewer, input.idempotencyKey, () =>
    comparableDecision(kernel, input),
  )
  const resultBefore = async (): Promise<DecisionResult | null> => {
    const before = idempotency && (await answered(kernel, tenant, idempotency))
    return before ? answeredBefore(kernel, { tenant, requestId }, before) : null
  }
  const known = await resultBefore()
  if (known) return known
  return onRequest<DecisionResult>(
    kernel,
    input,
    reviewer,
    async (situation) => {
      const early = refuseEarly(kernel, situation, input)
      if (early === 'expired' && situation.request.status === 'pending')
        return expire(kernel, situation)
      // The same decision, delivered twice at once, may have been taken meanwhile.
      const same = early && (await resultBefore())
      if (same) return { result: same }
      if (early) return { result: { status: 'refused', reason: early, request: situation.request } }
      const today = await kernel.identity.today(tenant, reviewer)
      const reason = admission.refused
        ? 'identity_not_verified'
        : await refuseToday(kernel, situation.request, today, input.decision)
      // A repeated delivery gets the same refusal again: nobody gets a second chance by sending it once more.
      const outcome =
        reason || !today
          ? refuse(kernel, situation, input, reason ?? 'not_entitled')
          : heldUpByAccounts(
              await apply(kernel, { ...situation, actor: today.actor }, input),
              situation,
              today.accounts,
            )
      if (!idempotency || !outcome.plan) return outcome
      const answer = answerToKeep(outcome.result)
      const at = kernel.clock.now()
      return { ...outcome, plan: { ...outcome.plan, idempotency: { ...idempotency, answer, at } } }
    },
    (situation, reason) => {
      const { request } = situation
      if (kernel.clock.now() >= request.expiresAt)
        return { result: { status: 'refused', reason: 'expired', request } }
      // Not kept under its key: the same decision may be made again once the stop is released.
      return refuse(kernel, situation, input, reason)
    },
  )
}

/** What a repeated decision is compared by. */
function comparableDecision({ redaction }: Kernel, input: DecideInput): JsonObject {
  return {
    requestId: input.requestId,
    decision: input.decision,
    revision: input.revision ?? null,
    viewHash: input.viewHash ?? null,
    reason: input.reason ?? null,
    edits: comparableOf(input.edits, redaction),
    response: comparableOf(input.response, redaction),
  }
}
