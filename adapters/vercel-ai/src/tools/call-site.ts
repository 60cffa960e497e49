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

interface SdkOptions {
  readonly toolCallId?: unknown
  readonly messages?: unknown
  readonly abortSignal?: unknown
  readonly context?: unknown
  readonly experimental_context?: unknown
  readonly toolContext?: unknown
}

/** What the SDK hands to `execute`, `needsApproval` and `toolApproval`, in any of its versions. */
export function contextOf(tool: string, options: unknown): CallContext {
  const given: SdkOptions = typeof options === 'object' && options !== null ? options : {}
  return {
    tool,
    callId: typeof given.toolCallId === 'string' ? given.toolCallId : '',
    messages: Array.isArray(given.messages) ? given.messages : [],
    context: given.context ?? given.experimental_context ?? given.toolContext,
  }
}

export function signalOf(options: unknown): AbortSignal | undefined {
  const signal = (options as SdkOptions | undefined)?.abortSignal
  return signal instanceof AbortSignal ? signal : undefined
}

/** Whether the call stands in the messages: then it was not made by a model just now, but comes from a conversation. */
export function isInHistory({ tool, callId, messages }: CallContext): boolean {
  return messages.some((message) =>
    partsOf(message).some(
      ({ type, toolCallId, toolName }) =>
        type === 'tool-call' && toolCallId === callId && toolName === tool,
    ),
  )
}

export function partsOf(message: unknown): readonly Record<string, unknown>[] {
  const { content } = (message ?? {}) as { content?: unknown }
  return Array.isArray(content) ? content.filter(isObject) : []
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
