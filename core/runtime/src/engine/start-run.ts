import { LoopError, type JsonObject, type LoopInstance } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { evidenceOf, admitted, refuseReserved, checkKey } from '../judging/admit-actor.ts'
import { comparableOf } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { scopesOf } from '../recording/change-scopes.ts'
import { createOpening } from '../recording/change.ts'
import { commitChange } from '../recording/commit-change.ts'
import { idempotencyOf, keyMismatch, readAnswer } from '../recording/idempotency.ts'
import { enqueueOrder } from '../recording/orders.ts'
import { stoppedError } from '../recording/refused-by.ts'
import { startKeys, type StartInput } from './engine-input.ts'

/** Opens a run of a loop, as its first commit. */
export async function startRun(kernel: Kernel, input: StartInput): Promise<LoopInstance> {
  checkInput('engine.start', input, startKeys, ['aggregateId', 'loopId'])
  const {
    tenant = 'default',
    aggregateId,
    loopId,
    correlationId,
    idempotencyKey,
    traceparent,
  } = input
  checkKey(aggregateId, '/aggregateId')
  refuseReserved(aggregateId)
  checkKey(tenant, '/tenant')
  const loop = kernel.loops.current(loopId)
  const actor = admitted(kernel, input.actor)
  const evidence = evidenceOf(kernel, input.evidence)
  const data = {
    ...(input.metadata && { metadata: input.metadata }),
    ...(input.tags?.length && { tags: input.tags }),
  }
  const idempotency = idempotencyOf(actor, idempotencyKey, () => ({
    do: 'start',
    loopId,
    aggregateId,
    evidence: evidence.comparable(),
    data: comparableOf(data, kernel.redaction),
  }))

  return kernel.runs.exclusive(tenant, aggregateId, async () => {
    const at = kernel.clock.now()
    const runId = kernel.ids.id()
    const change = createOpening(
      {
        tenant,
        loopId,
        aggregateId,
        runId,
        type: 'loop.started',
        at,
        durability: kernel.store.durability,
        definition: loop.digest,
        actor,
        toState: loop.definition.initialState,
        status: 'active',
        ...(evidence.digest && { evidence: evidence.digest }),
        ...(correlationId !== undefined && { correlationId }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
        ...(traceparent !== undefined && { traceparent }),
        data: { ...withTexts(evidenceOf(kernel, data).value), version: loop.definition.version },
      },
      evidence.sealed,
    )
    const timeout = loop.states.get(loop.definition.initialState)?.timeout
    if (timeout) enqueueOrder(change, { kind: 'state-timeout', ...timeout }, 1, at)
    const result = await commitChange(kernel, change, {
      scopes: scopesOf({ tenant, loopId, aggregateId }, actor),
      ...(idempotency && {
        idempotency: { ...idempotency, answer: JSON.stringify({ runId }), at },
      }),
    })
    switch (result.kind) {
      case 'committed':
        return change.instance
      case 'duplicate': {
        const { runId: first } = readAnswer<{ readonly runId: string }>(
          result.answer,
          (kept) => typeof kept.runId === 'string',
        )
        const before = await kernel.store.getRun(tenant, first)
        if (before?.aggregateId === aggregateId) return before
        throw new LoopError('corrupt', 'The run of an idempotency key is gone, or another.')
      }
      case 'conflict':
        throw new LoopError('already_exists', 'The business key has an open run.', {
          details: { tenant, aggregateId },
          hint: 'Use that run, or cancel it first.',
        })
      case 'key-mismatch':
        throw keyMismatch()
      case 'refused':
        throw stoppedError(result.detail)
    }
  })
}

/** Tags are looked for, so they are text, even where what one said must not be recorded. */
function withTexts({ tags, ...rest }: JsonObject): JsonObject {
  if (tags === undefined) return rest
  return { ...rest, tags: [tags].flat().map((tag) => (typeof tag === 'string' ? tag : 'redacted')) }
}
