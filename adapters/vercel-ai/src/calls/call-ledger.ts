import { isLoopError, type Actor, type JsonObject, type LoopInstance } from '@loop-engine/core'
import type { LoopEngine, TransitionResult } from '@loop-engine/sdk'

import type { CallLoop } from './call-loop.ts'
import type { TakenInput } from './take-input.ts'

/** One tool call, as its caller describes it. */
export interface ToolCall {
  readonly tool: string
  readonly callId: string
  readonly aggregateId: string
  readonly run: string | undefined
  readonly actor: Actor
}

/** Finds, starts and moves the instances of calls. */
export interface CallLedger {
  find(aggregateId: string): Promise<LoopInstance | null>
  /**
   * Starts the instance of a call. Several callers with the same input get the same instance. Null if the key belongs
   * to another call, or to a call with another input.
   */
  open(
    call: ToolCall,
    loop: CallLoop,
    input: TakenInput,
    digest: string,
  ): Promise<LoopInstance | null>
  /** Asks the engine for permission to run, as the actor of the call. */
  ask(call: ToolCall, evidence: JsonObject): Promise<TransitionResult>
  /** Takes a transition as the tool's executor. */
  step(
    call: ToolCall,
    transitionId: string,
    evidence?: JsonObject,
    actor?: Actor,
  ): Promise<TransitionResult>
}

/** Starts all instances. Idempotency keys belong to a principal, so only a shared one lets the key decide a race. */
const opener: Actor = Object.freeze({ type: 'automation', id: 'vercel-ai:govern' })

export function createCallLedger(engine: LoopEngine, tenant: string): CallLedger {
  const step: CallLedger['step'] = (call, transitionId, evidence, actor = executorOf(call.tool)) =>
    engine.transition({
      tenant,
      aggregateId: call.aggregateId,
      transitionId,
      actor,
      ...(evidence && { evidence }),
    })

  return {
    find: (aggregateId) => engine.get({ tenant, aggregateId }),
    step,
    ask: (call, evidence) => step(call, 'execute', evidence, call.actor),

    async open(call, { definition }, input, digest) {
      const { tool, callId, run, aggregateId } = call
      try {
        return await engine.start({
          tenant,
          loopId: definition.id,
          aggregateId,
          actor: opener,
          metadata: { tool, callId, digest, ...(run !== undefined && { run }) },
          evidence: { input: input.json },
          idempotencyKey: aggregateId,
        })
      } catch (error) {
        const code = isLoopError(error) ? error.code : undefined
        if (code !== 'key_mismatch' && code !== 'already_exists') throw error
        return null
      }
    },
  }
}

function executorOf(tool: string): Actor {
  return { type: 'automation', id: `tool:${tool}`.slice(0, 256) }
}
