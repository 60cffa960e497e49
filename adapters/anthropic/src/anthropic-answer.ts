import type { Usage } from '@loop-engine/core'
import { present, type AnswerEnd, type ModelAnswer } from '@loop-engine/core/provider'
import { z } from 'zod'

const count = z.int().min(0)
const messageSchema = z.object({
  id: z.string().min(1).nullish(),
  model: z.string().min(1).optional(),
  content: z.array(z.object({ text: z.string().optional() })),
  stop_reason: z.string().nullish(),
  stop_details: z.object({ category: z.string().nullish() }).nullish(),
  usage: z.object({
    input_tokens: count,
    output_tokens: count,
    cache_read_input_tokens: count.nullish(),
    cache_creation_input_tokens: count.nullish(),
    output_tokens_details: z.object({ thinking_tokens: count.nullish() }).nullish(),
  }),
  _request_id: z.string().nullish(),
})
/** As a gateway may answer with status 200. */
const errorSchema = z.object({ type: z.literal('error'), error: z.object({ type: z.string() }) })
type Message = z.infer<typeof messageSchema>

/** Reads a message, whole or put together from a stream. Throws a zod error for anything else. */
export function readMessage(message: unknown): ModelAnswer {
  const failed = errorSchema.safeParse(message)
  if (failed.success) {
    return { end: 'failed', text: '', responseId: null, vendorCode: failed.data.error.type }
  }
  const read = messageSchema.parse(message)
  return {
    end: endOf(read),
    text: read.content.map(({ text = '' }) => text).join(''),
    responseId: read.id ?? null,
    requestId: read._request_id,
    servedModel: read.model,
    usage: usageOf(read.usage),
    vendorCode: read.stop_details?.category ?? read.stop_reason,
  }
}

/** No tools are sent, so `tool_use` and `pause_turn` are failures like what is not known yet. */
function endOf({ stop_reason: reason }: Message): AnswerEnd {
  if (reason === 'end_turn' || reason === 'stop_sequence') return 'complete'
  if (reason === 'refusal') return 'refused'
  if (reason === 'max_tokens' || reason === 'model_context_window_exceeded') return 'truncated'
  return 'failed'
}

/** Anthropic counts what it read from or wrote to its cache apart from `input_tokens`; the record holds the sum. */
function usageOf(usage: Message['usage']): Usage {
  const cached = usage.cache_read_input_tokens ?? 0
  return {
    inputTokens: usage.input_tokens + cached + (usage.cache_creation_input_tokens ?? 0),
    outputTokens: usage.output_tokens,
    ...present({
      cachedInputTokens: usage.cache_read_input_tokens ?? undefined,
      reasoningTokens: usage.output_tokens_details?.thinking_tokens ?? undefined,
    }),
  }
}
