import type { Actor } from '@loop-engine/core'

import { callKey } from '../calls/call-key.ts'
import type { ToolCall } from '../calls/call-ledger.ts'
import { askingModels } from '../models/asking-model.ts'
import type { ToolCallContext, GovernOptions, PerCall } from './govern-options.ts'

const defaultActor: Actor = Object.freeze({ type: 'ai-agent', id: 'vercel-ai' })

/** Tells which call this is and who makes it. `run` names the conversation in place of the option `run`. */
export type CallSite = (context: ToolCallContext, run?: string) => ToolCall

export function createCallSite({
  engine,
  tenant,
  run,
  actor = defaultActor,
  onBehalfOf,
  attributionOf,
}: GovernOptions<unknown>): CallSite {
  const models = askingModels(engine, tenant)
  return (context, knownRun) => {
    const { tool, callId } = context
    const conversation = knownRun ?? valueFor(run, context)
    const principal = valueFor(onBehalfOf, context)
    return {
      tool,
      callId,
      run: conversation,
      aggregateId: callKey(tool, callId, conversation),
      actor: {
        ...valueFor(actor, context),
        ...(attributionOf
          ? attributionOf(context)
          : models.of({ toolCallId: callId, toolName: tool })),
        ...(principal && { onBehalfOf: principal }),
      },
    }
  }
}

function valueFor<Value>(option: PerCall<Value>, call: ToolCallContext): Value {
  return typeof option === 'function' ? (option as (call: ToolCallContext) => Value)(call) : option
}
