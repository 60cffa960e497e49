import { digestOf, isLoopError, LoopError, type Actor } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import { once } from '../once.ts'
import { keeper, toolProposalLoop } from './model-loop.ts'
import { namedInRecord, type AskedToolCall } from './model-output.ts'

export interface ModelWitnessOptions {
  readonly engine: LoopEngine
  readonly tenant?: string
}

/** A tool call, and the business key of the record for which it is wanted. */
interface WantedToolCall extends AskedToolCall {
  readonly wantedBy: string
}

/**
 * Knows which tool calls governed models asked for. It keeps nothing itself: proposals are runs in the engine's ledger, so
 * that another process finds them too.
 */
export interface ModelWitness {
  /** Notes that a governed model, in this run, asked for a tool call. */
  propose(call: AskedToolCall, actor: Actor, modelRunId: string): Promise<void>
  /**
   * Takes the proposal of a tool call. Each is taken once; taking it again for the same record is the same as once. False
   * when no governed model asked for it: a model that was swapped in, an invented call, or one that was taken already.
   */
  take(call: WantedToolCall): Promise<boolean>
}

/** Some vendors count their calls (`call_0`) from the start in each answer, so several may be open under one name. */
const slots = 64

export function createModelWitness({
  engine,
  tenant = 'default',
}: ModelWitnessOptions): ModelWitness {
  const keyOf = ({ toolCallId, toolName }: AskedToolCall, slot: number): string =>
    `proposal/${digestOf([toolName, toolCallId])}/${slot}`

  const defined = once(() => engine.define(toolProposalLoop))

  return {
    async propose(call, actor, modelRunId) {
      await defined()
      for (let slot = 0; slot < slots; slot++) {
        try {
          await engine.start({
            tenant,
            loopId: toolProposalLoop.id,
            aggregateId: keyOf(call, slot),
            actor,
            metadata: { ...namedInRecord(call), modelRunId },
          })
          return
        } catch (error) {
          if (!isLoopError(error) || error.code !== 'already_exists') throw error
        }
      }
      throw new LoopError('conflict', 'Too many tool calls of one id are waiting to be run.', {
        plugin: 'vercel-ai',
        hint: 'Let the model number its tool calls so that each has an id of its own.',
      })
    },

    async take(call) {
      for (let slot = 0; slot < slots; slot++) {
        const aggregateId = keyOf(call, slot)
        const run = await engine.get({ tenant, aggregateId })
        if (run === null) return false
        const taken = await engine.transition({
          tenant,
          aggregateId,
          transitionId: 'take',
          actor: keeper,
          evidence: { wantedBy: call.wantedBy },
          // By run: the same record may take its proposal again, another proposal of this key is another matter.
          idempotencyKey: `take/${digestOf([run.runId, call.wantedBy])}`,
        })
        if (taken.status === 'executed') return true
      }
      return false
    },
  }
}
