import { digestOf, isLoopError, LoopError, type Actor } from '@loop-engine/core'
import type { LoopEngine } from '@loop-engine/sdk'

import { once } from '../once.ts'
import { keeper, toolProposalLoop } from './model-loop.ts'
import { namedInRecord, type AskedToolCall } from './model-output.ts'

export interface ModelWitnessOptions {
  readonly engine: LoopEngine
  readonly tenant?: string
}

/** A tool call, and the business key of the instance that wants to run it. */
interface WantedToolCall extends AskedToolCall {
  readonly wantedBy: string
}

/**
 * Knows which tool calls governed models asked for. Each proposal is a run in the engine's ledger, so that other
 * processes find it too.
 */
export interface ModelWitness {
  /** Records that a governed model asked for a tool call, in the model call with this run id. */
  propose(call: AskedToolCall, actor: Actor, modelRunId: string): Promise<void>
  /**
   * Takes the proposal of a tool call. Only one instance can take a proposal, and may do so repeatedly. False if there
   * is none to take: an ungoverned model asked, the call is invented, or another instance has taken the proposal.
   */
  take(call: WantedToolCall): Promise<boolean>
}

/** How many proposals may be open under one id: some vendors number their calls anew (`call_0`) in each answer. */
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
          // With the run id: the same instance may take this proposal again, but not a later one under the same key.
          idempotencyKey: `take/${digestOf([run.runId, call.wantedBy])}`,
        })
        if (taken.status === 'executed') return true
      }
      return false
    },
  }
}
