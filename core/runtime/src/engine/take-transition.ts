import { LoopError, type TransitionResult } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { evidenceOf, refuseReserved } from '../judging/admit-actor.ts'
import { judge } from '../judging/attempt.ts'
import type { Refusal, TransitionCommand } from '../judging/decide/ruling.ts'
import { callbackChannel } from '../judging/open-request.ts'
import { resultOf } from '../judging/transition-result.ts'
import type { Kernel } from '../kernel.ts'
import { scopesOf } from '../recording/change-scopes.ts'
import { createChange } from '../recording/change.ts'
import { commitChange } from '../recording/commit-change.ts'
import { answered, idempotencyOf, keyMismatch, repeated } from '../recording/idempotency.ts'
import { record } from '../recording/record-judgement.ts'
import { refusedBy } from '../recording/refused-by.ts'
import { supersede } from '../recording/supersede.ts'
import { transitionKeys, type TransitionInput } from './engine-input.ts'
import { hasMoved, refuseMoved } from './rewrite-run.ts'

/** One request of a transition, judged and committed; judged again when the run moved meanwhile. */
export async function takeTransition(
  kernel: Kernel,
  input: TransitionInput,
): Promise<TransitionResult> {
  checkInput('engine.transition', input, transitionKeys)
  const { tenant = 'default', aggregateId, idempotencyKey, callbackUrl } = input
  refuseReserved(aggregateId)
  refuseCallback(kernel, callbackUrl)
  const transitionId = transitionAsked(input)
  const admission = kernel.identity.admit(input.actor)
  const { actor } = admission
  const evidence = evidenceOf(kernel, input.evidence)
  const idempotency = idempotencyOf(actor, idempotencyKey, () => ({
    do: 'transition',
    aggregateId,
    transitionId,
    evidence: evidence.comparable(),
    ...(callbackUrl !== undefined && { callbackUrl }),
  }))
  const command: TransitionCommand = {
    transitionId,
    actor,
    idempotencyKey,
    correlationId: input.correlationId,
    traceparent: input.traceparent,
  }
  const refusal = admission.refused && { reason: admission.refused, message: admission.message }

  const turn = kernel.runs.enter(tenant, aggregateId)
  if (turn) await turn
  try {
    const before = idempotency && (await answered(kernel, tenant, idempotency))
    if (before) return repeated(before, aggregateId)
    let mustRead = input.expected !== undefined
    let late: Refusal | undefined
    let conflicts = 0
    while (conflicts <= kernel.limits.maxConflictRetries) {
      // Most of this is known at once, and an await that waits for nothing is not free.
      const loaded = kernel.runs.load(tenant, aggregateId, mustRead)
      const instance = loaded instanceof Promise ? await loaded : loaded
      if (idempotency && hasMoved(instance, input.expected)) {
        // What moved it may have been the same command, delivered twice at once.
        const same = await answered(kernel, tenant, idempotency)
        if (same) return repeated(same, aggregateId)
      }
      refuseMoved(instance, input.expected)
      const pinned = kernel.loops.pinned(instance.definition.digest)
      const loop = pinned instanceof Promise ? await pinned : pinned
      const judging = judge({
        kernel,
        loop,
        instance,
        command,
        evidence,
        refusal: refusal ?? late,
        callbackUrl,
      })
      const judgement = judging instanceof Promise ? await judging : judging
      const { ruling } = judgement
      const moves = ruling.status === 'executed'
      const change = createChange(instance)
      const entry = record(change, judgement, evidence, kernel)
      if (moves && instance.openApprovals > 0) await supersede(kernel, change)
      const result = resultOf(judgement, entry, change.instance, command)
      const outcome = await commitChange(kernel, change, {
        scopes: moves || ruling.status === 'pending_approval' ? scopesOf(instance, actor) : [],
        reservations: judgement.reservations,
        idempotency: idempotency && {
          ...idempotency,
          answer: JSON.stringify(result),
          at: ruling.draft.at,
        },
      })
      if (outcome.kind === 'committed') return result
      if (outcome.kind === 'duplicate') return repeated(outcome.answer, aggregateId)
      if (outcome.kind === 'key-mismatch') throw keyMismatch()
      if (outcome.kind === 'refused') late = refusedBy(outcome, late)
      else conflicts += 1
      mustRead = true
    }
    throw new LoopError('conflict', 'The run kept moving while a transition was judged.', {
      retryable: true,
      details: { tenant, aggregateId },
    })
  } finally {
    kernel.runs.leave(tenant, aggregateId)
  }
}

/** Who waits to be told must not wait for a channel that is not there. */
function refuseCallback(kernel: Kernel, callbackUrl: string | undefined): void {
  if (callbackUrl === undefined || kernel.channels.has(callbackChannel)) return
  throw new LoopError('unsupported', 'Nobody is called back here: there is no such channel.', {
    path: '/callbackUrl',
    hint: 'Register a channel named callback, or let the server do it with its option `callbacks`.',
  })
}

function transitionAsked({ transitionId, signal }: TransitionInput): string {
  const asked = transitionId ?? signal
  if (typeof asked !== 'string' || asked.length === 0 || asked.length > 256)
    throw new LoopError('invalid_input', 'A transition needs `transitionId` or `signal`.', {
      path: '/transitionId',
    })
  if (transitionId === undefined || signal === undefined) return asked
  throw new LoopError('invalid_input', 'A transition takes `transitionId` or `signal`, not both.', {
    path: '/signal',
  })
}
