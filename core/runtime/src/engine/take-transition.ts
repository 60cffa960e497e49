import { LoopError, type TransitionResult } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { refuseReserved } from '../check-key.ts'
import { judge } from '../judging/attempt.ts'
import type { Refusal, TransitionCommand } from '../judging/decide/ruling.ts'
import { evidenceOf, type Evidence } from '../judging/evidence.ts'
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

/** Judges one request of a transition and commits the outcome; judges again if the run moved meanwhile. */
export async function takeTransition(
  kernel: Kernel,
  input: TransitionInput,
): Promise<TransitionResult> {
  const { command, evidence, idempotency, refusal } = readInput(kernel, input)
  const { tenant = 'default', aggregateId, callbackUrl, expected } = input
  const { actor } = command
  const turn = kernel.runs.enter(tenant, aggregateId)
  if (turn) await turn
  try {
    const before = idempotency && (await answered(kernel, tenant, idempotency))
    if (before) return repeated(before, aggregateId)
    let mustRead = expected !== undefined
    let late: Refusal | undefined
    let conflicts = 0
    while (conflicts <= kernel.limits.maxConflictRetries) {
      // Most answers are known at once, and awaiting a value that is no promise is not free.
      const loaded = kernel.runs.load(tenant, aggregateId, mustRead)
      const instance = loaded instanceof Promise ? await loaded : loaded
      if (idempotency && hasMoved(instance, expected)) {
        // The same command, delivered twice at once, may have moved it.
        const same = await answered(kernel, tenant, idempotency)
        if (same) return repeated(same, aggregateId)
      }
      refuseMoved(instance, expected)
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

interface Asked {
  readonly command: TransitionCommand
  readonly evidence: Evidence
  readonly idempotency: ReturnType<typeof idempotencyOf>
  /** Why the actor may not act at all. */
  readonly refusal: Refusal | undefined
}

function readInput(kernel: Kernel, input: TransitionInput): Asked {
  checkInput('engine.transition', input, transitionKeys)
  const { aggregateId, idempotencyKey, correlationId, traceparent, callbackUrl } = input
  refuseReserved(aggregateId)
  refuseCallback(kernel, callbackUrl)
  const transitionId = transitionAsked(input)
  const admission = kernel.identity.admit(input.actor)
  const { actor } = admission
  const evidence = evidenceOf(kernel, input.evidence)
  return {
    command: { transitionId, actor, idempotencyKey, correlationId, traceparent },
    evidence,
    idempotency: idempotencyOf(actor, idempotencyKey, () => ({
      do: 'transition',
      aggregateId,
      transitionId,
      evidence: evidence.comparable(),
      ...(callbackUrl !== undefined && { callbackUrl }),
    })),
    refusal: admission.refused && { reason: admission.refused, message: admission.message },
  }
}

/** A caller who waits to be called back must not wait for a channel that does not exist. */
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
