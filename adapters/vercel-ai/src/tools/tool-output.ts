import type { JsonValue } from '@loop-engine/core'

import { noteOf, type CallOutcome } from '../calls/call-outcome.ts'
import type { ToolLike } from './govern-options.ts'

/** `output` of a tool-result part: what the model reads. */
export type ModelOutput = Readonly<Record<string, unknown>> & { readonly type: string }

/** What the SDK tells about a call that has a result. */
export interface ToolResult {
  readonly toolCallId: string
  readonly input: unknown
  readonly output: unknown
}

/** The output that the SDK itself would make of a result. */
export async function modelOutputOf(
  tool: ToolLike,
  given: ToolResult,
  sdk?: 5 | 6 | 7,
): Promise<ModelOutput> {
  const { output } = given
  if (typeof tool.toModelOutput === 'function') {
    const own = tool.toModelOutput as (given: unknown) => unknown
    return (await own(sdk === 5 ? output : given)) as ModelOutput
  }
  if (typeof output === 'string') return { type: 'text', value: output }
  return { type: 'json', value: (output ?? null) as JsonValue }
}

/** The output of a settled call, for the messages that `resume` returns. */
export async function settledOutput(
  tool: ToolLike,
  outcome: CallOutcome,
  sdk?: 5 | 6 | 7,
): Promise<ModelOutput> {
  const { status, message, callId: toolCallId, input, output } = outcome
  if (status === 'executed')
    return prefixed(noteOf(outcome), await modelOutputOf(tool, { toolCallId, input, output }, sdk))
  // `ai` 5 has no denial, only errors.
  if (sdk !== 5 && (status === 'denied' || status === 'expired'))
    return { type: 'execution-denied', reason: message }
  return { type: 'error-text', value: message }
}

/** The output with `note`, which the model must read first, before it; unchanged without a note. */
export function prefixed(note: string | undefined, output: ModelOutput): ModelOutput {
  if (note === undefined) return output
  const text = { type: 'text', text: note }
  const { type, value } = output
  if (type === 'content' && Array.isArray(value))
    return { ...output, value: [text, ...(value as unknown[])] }
  if (type === 'text') return { ...output, value: `${note}\n${String(value)}` }
  if (type === 'json')
    return { type: 'content', value: [text, { type: 'text', text: JSON.stringify(value) }] }
  return output
}

export function isErrorOutput({ type }: ModelOutput): boolean {
  return ['error-text', 'error-json', 'execution-denied'].includes(type)
}
