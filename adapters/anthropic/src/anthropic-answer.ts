import type { Usage } from '@loop-engine/core'
import {
  present,
  vendorCount as count,
  vendorWord as word,
  type AnswerEnd,
  type ModelAnswer,
} from '@loop-engine/core/provider'
import { z } from 'zod'

const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  output_tokens_details: z.object({ thinking_tokens: count }).nullish().catch(null),
})
const messageSchema = z.object({
  id: word,
  model: word,
  content: z.array(z.object({ text: z.string().nullish() })),
  stop_reason: z.string().nullish(),
  stop_details: z.object({ category: z.string().nullish() }).nullish(),
  usage: usageSchema.nullish().catch(null),
  _request_id: z.string().nullish(),
})
/** An error that a gateway may send with status 200. */
const errorSchema = z.object({ type: z.literal('error'), error: z.object({ type: z.string() }) })
type Message = z.infer<typeof messageSchema>

/** Reads a complete message, also one that was assembled from a stream. Throws a zod error for anything else. */
export function readMessage(message: unknown): ModelAnswer {
  const failed = errorSchema.safeParse(message)
  if (failed.success) {
    return { end: 'failed', text: '', responseId: null, vendorCode: failed.data.error.type }
  }
  const read = messageSchema.parse(message)
  return {
    end: endOf(read),
    text: read.content.map(({ text }) => text ?? '').join(''),
    responseId: read.id ?? null,
    requestId: read._request_id,
    servedModel: read.model ?? undefined,
    usage: read.usage ? usageOf(read.usage) : undefined,
    vendorCode: read.stop_details?.category ?? read.stop_reason,
  }
}

/** No tools are sent, so `tool_use` and `pause_turn` are failures, as are reasons that are unknown here. */
function endOf({ stop_reason: reason }: Message): AnswerEnd {
  if (reason === 'end_turn' || reason === 'stop_sequence') return 'complete'
  if (reason === 'refusal') return 'refused'
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return 'truncated'
  return 'failed'
}

/** Anthropic leaves tokens read from or written to its cache out of `input_tokens`; the record holds the sum. */
function usageOf(usage: z.infer<typeof usageSchema>): Usage {
  const { input_tokens: fresh, cache_read_input_tokens: read } = usage
  const written = usage.cache_creation_input_tokens
  return present({
    inputTokens: typeof fresh === 'number' ? fresh + (read ?? 0) + (written ?? 0) : undefined,
    outputTokens: usage.output_tokens ?? undefined,
    cachedInputTokens: read ?? undefined,
    reasoningTokens: usage.output_tokens_details?.thinking_tokens ?? undefined,
  })
}
