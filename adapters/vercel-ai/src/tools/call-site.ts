import type { Actor } from '@loop-engine/core'

import { callKey } from '../calls/call-key.ts'
import type { ToolCall } from '../calls/call-ledger.ts'
import { askingModels } from '../models/asking-model.ts'
import { resolve, type CallContext, type GovernOptions } from './govern-options.ts'

const nobodyInParticular: Actor = Object.freeze({ type: 'ai-agent', id: 'vercel-ai' })

/** Says which call this is, and who asks for it; `run` overrides how the conversation is found out. */
export type CallSite = (context: CallContext, run?: string) => ToolCall

export function createCallSite({
  engine,
  tenant,
  run,
  actor = nobodyInParticular,
  onBehalfOf,
  attributionOf,
}: GovernOptions<unknown>): CallSite {
  const models = askingModels(engine, tenant)
  return (context, given) => {
    const { tool, callId } = context
    const conversation = given ?? resolve(run, context)
    const principal = resolve(onBehalfOf, context)
    return {
      tool,
      callId,
      run: conversation,
      aggregateId: callKey(tool, callId, conversation),
      actor: {
        ...resolve(actor, context),
        ...(attributionOf
          ? attributionOf(context)
          : models.of({ toolCallId: callId, toolName: tool })),
        ...(principal && { onBehalfOf: principal }),
      },
    }
  }
}
