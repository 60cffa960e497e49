import { LoopError, type EntryDraft, type JsonObject, type LoopInstance } from '@loop-engine/core'

import { checkInput } from '../check-input.ts'
import { checkKey, refuseReserved } from '../check-key.ts'
import { admitted } from '../judging/admit-actor.ts'
import type { LoopIndex } from '../judging/decide/loop-index.ts'
import { comparableOf, evidenceOf, type Evidence } from '../judging/evidence.ts'
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
  const { tenant = 'default', aggregateId, loopId, idempotencyKey } = input
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
    const draft = openingDraft(kernel, { ...input, tenant, actor }, loop, evidence, data)
    const { at, runId } = draft
    const change = createOpening(draft, evidence.sealed)
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
      case 'duplicate':
        return runBefore(kernel, { tenant, aggregateId }, result.answer)
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

function openingDraft(
  kernel: Kernel,
  { tenant, loopId, aggregateId, actor, ...input }: StartInput & { readonly tenant: string },
  { definition, digest }: LoopIndex,
  evidence: Evidence,
  data: object,
): EntryDraft {
  const { correlationId, idempotencyKey, traceparent } = input
  return {
    tenant,
    loopId,
    aggregateId,
    runId: kernel.ids.id(),
    type: 'loop.started',
    at: kernel.clock.now(),
    durability: kernel.store.durability,
    definition: digest,
    actor,
    toState: definition.initialState,
    status: 'active',
    ...(evidence.digest && { evidence: evidence.digest }),
    ...(correlationId !== undefined && { correlationId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(traceparent !== undefined && { traceparent }),
    data: { ...withTexts(evidenceOf(kernel, data).value), version: definition.version },
  }
}

/** The run that the same command opened before. */
async function runBefore(
  { store }: Kernel,
  { tenant, aggregateId }: { readonly tenant: string; readonly aggregateId: string },
  answer: string,
): Promise<LoopInstance> {
  const { runId } = readAnswer<{ readonly runId: string }>(
    answer,
    (kept) => typeof kept.runId === 'string',
  )
  const run = await store.getRun(tenant, runId)
  if (run?.aggregateId === aggregateId) return run
  throw new LoopError('corrupt', 'The run of an idempotency key is gone, or another.')
}

/** Tags are searched for, so they stay texts: a tag that redaction replaced becomes `redacted`. */
function withTexts({ tags, ...rest }: JsonObject): JsonObject {
  if (tags === undefined) return rest
  return { ...rest, tags: [tags].flat().map((tag) => (typeof tag === 'string' ? tag : 'redacted')) }
}
