import { fieldsOf, listOf, objectsOf } from '../fields.ts'
import type { ToolCallContext } from './govern-options.ts'

/** What the SDK hands to `execute`, `needsApproval` and `toolApproval`, in any of its versions. */
export function contextOf(tool: string, options: unknown): ToolCallContext {
  const fields = fieldsOf(options)
  const { toolCallId, messages, context, experimental_context: older, toolContext } = fields
  return {
    tool,
    callId: typeof toolCallId === 'string' ? toolCallId : '',
    messages: listOf(messages),
    context: context ?? older ?? toolContext,
  }
}

/** Whether the call stands in the messages: then it was not made by a model just now, but comes from a conversation. */
export function isInHistory({ tool, callId, messages }: ToolCallContext): boolean {
  return messages.some((message) =>
    partsOf(message).some(
      ({ type, toolCallId, toolName }) =>
        type === 'tool-call' && toolCallId === callId && toolName === tool,
    ),
  )
}

/** The parts of a model message; a text alone has none. */
export function partsOf(message: unknown): readonly Record<string, unknown>[] {
  return objectsOf(fieldsOf(message)['content'])
}
