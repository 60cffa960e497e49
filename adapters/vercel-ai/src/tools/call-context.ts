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

/** Whether the messages contain the call: then it comes from a stored conversation, and no model made it just now. */
export function isInHistory({ tool, callId, messages }: ToolCallContext): boolean {
  return messages.some((message) =>
    partsOf(message).some(
      ({ type, toolCallId, toolName }) =>
        type === 'tool-call' && toolCallId === callId && toolName === tool,
    ),
  )
}

/** The parts of a model message; none if its content is plain text. */
export function partsOf(message: unknown): readonly Record<string, unknown>[] {
  return objectsOf(fieldsOf(message)['content'])
}
