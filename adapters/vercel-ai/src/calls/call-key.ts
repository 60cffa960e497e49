import { digestOf, LoopError } from '@loop-engine/core'

/** The business key of a call: the tool, the id that the model gave it, and the conversation it belongs to. */
export function callKey(tool: string, callId: string, run: string | undefined): string {
  if (!callId)
    throw new LoopError('refused', 'The call has no id.', {
      plugin: 'vercel-ai',
      details: { reason: 'no_call_id' },
      hint: 'Hand the options of the outer call to execute(input, options), with an own toolCallId.',
    })
  const parts = run === undefined ? [tool, callId] : [tool, callId, run]
  if (!parts.every((part) => part.isWellFormed()))
    throw new LoopError('invalid_input', 'A tool call has an id that is not well-formed text.', {
      plugin: 'vercel-ai',
    })
  const key = parts.map(encodeURIComponent).join('/')
  return key.length <= 256 ? key : `call/${digestOf(parts)}`
}
