import { digestOf, LoopError } from '@loop-engine/core'

/**
 * The business key of a call, made of its tool, the id that the model gave it, and its conversation. Throws `refused`
 * for a call without an id, and `invalid_input` for an id that is not well-formed text.
 */
export function callKey(tool: string, callId: string, run: string | undefined): string {
  if (!callId)
    throw new LoopError('refused', 'The call has no id.', {
      plugin: 'vercel-ai',
      details: { reason: 'no_call_id' },
      hint: 'Call execute(input, options) with the options of the outer call and a toolCallId of its own.',
    })
  const parts = run === undefined ? [tool, callId] : [tool, callId, run]
  if (!parts.every((part) => typeof part === 'string' && part.isWellFormed()))
    throw new LoopError('invalid_input', 'A tool call has an id that is not well-formed text.', {
      plugin: 'vercel-ai',
    })
  const key = parts.map(encodeURIComponent).join('/')
  return key.length <= 256 ? key : `call/${digestOf(parts)}`
}
