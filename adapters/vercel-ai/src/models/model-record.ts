import {
  LoopError,
  type Actor,
  type JsonObject,
  type LoopErrorCode,
  type LoopInstance,
} from '@loop-engine/core'
import type { LoopEngine, TransitionResult } from '@loop-engine/sdk'

import { keeper, type CallEnd } from './model-loop.ts'

export interface CallOpening {
  readonly engine: LoopEngine
  readonly tenant: string
  readonly loopId: string
  readonly aggregateId: string
  readonly actor: Actor
  readonly correlationId: string
  readonly metadata: JsonObject
  readonly evidence: JsonObject
}

/** The open record of a call that the engine let through. */
export interface OpenRecord {
  readonly runId: string
  readonly aggregateId: string
  /**
   * Closes the record. If the engine refuses this end (a stop came meanwhile, or a guard objected), closes it as failed
   * and throws a `LoopError`; the answer must not be used then.
   */
  close(end: CallEnd, actor: Actor, evidence: JsonObject): Promise<void>
}

/**
 * Asks the engine to permit a model call. Throws a `LoopError`, which the SDK does not retry, if it may not be made.
 */
export async function openCall({
  engine,
  tenant,
  loopId,
  aggregateId,
  actor,
  correlationId,
  metadata,
  evidence,
}: CallOpening): Promise<OpenRecord> {
  const target = { tenant, aggregateId }
  const started = await engine.start({ ...target, loopId, actor, correlationId, metadata })
  const { runId } = started
  const asked = await engine.transition({ ...target, transitionId: 'call', actor, evidence })
  if (asked.status !== 'executed') {
    const reason = reasonOf(asked)
    const blocked = await engine.transition({
      ...target,
      transitionId: 'block',
      actor: keeper,
      evidence: { reason },
    })
    if (blocked.status !== 'executed')
      await engine.cancel({ ...target, actor: keeper, reason: `blocked: ${reason}` })
    throw refusal(asked, 'The model was not called', started)
  }

  return {
    runId,
    aggregateId,
    async close(end, by, closing) {
      const closed = await engine.transition({
        ...target,
        transitionId: end,
        actor: by,
        evidence: closing,
      })
      if (closed.status === 'executed') return
      // A stop refuses transitions but lets a run fail, so that what the call has used is still recorded.
      await engine.fail({
        ...target,
        actor: keeper,
        reason: `${end} refused: ${reasonOf(closed)}`,
        evidence: closing,
      })
      throw refusal(closed, 'The answer of the model was withheld', started)
    },
  }
}

type Refused = Exclude<TransitionResult, { status: 'executed' }>

function reasonOf(refused: Refused): string {
  return refused.status === 'pending_approval' ? 'approval' : refused.reason
}

function refusal(refused: Refused, says: string, { runId, aggregateId }: LoopInstance): LoopError {
  const reason = reasonOf(refused)
  const guards = refused.guards.filter(({ passed }) => !passed).map(({ id }) => id)
  return new LoopError(codeOf(reason), `${says}: ${because(refused)}`, {
    plugin: 'vercel-ai',
    hint: 'See the record of the run for each guard and its verdict.',
    details: { reason, guards, runId, aggregateId },
  })
}

function codeOf(reason: string): LoopErrorCode {
  return reason === 'stopped' ? 'stopped' : reason === 'limit_reached' ? 'rate_limited' : 'refused'
}

function because(refused: Refused): string {
  if (refused.status === 'rejected') return refused.message
  if (refused.status === 'pending_approval') return 'it waits for approval.'
  return `the guard ${refused.reason} did not pass.`
}
