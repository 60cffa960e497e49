import { z } from 'zod'

import type { Usage } from '../model/actor.ts'
import { present, withheld } from './faults/model-fault.ts'
import { AnswerCutError } from './faults/sdk-fault.ts'
import type { AnswerEnd, ModelAnswer } from './model-answer.ts'
import type { DecisionRequest } from './model-provider.ts'
import { vendorCount as count, vendorWord as word } from './vendor-facts.ts'

/** An answer in the format of OpenAI's Responses API, which xAI and Perplexity speak as well. */
export interface ResponsesAnswer extends ModelAnswer {
  /** The items of the answer as they came, for what only one vendor sends. */
  readonly items: readonly unknown[]
}

const usageSchema = z.object({
  input_tokens: count,
  output_tokens: count,
  // OpenAI and xAI say `cached_tokens`, Perplexity `cache_read_input_tokens`.
  input_tokens_details: z
    .object({ cached_tokens: count, cache_read_input_tokens: count })
    .nullish()
    .catch(null),
  output_tokens_details: z.object({ reasoning_tokens: count }).nullish().catch(null),
  cost: z
    .object({ currency: z.string().nullish(), total_cost: z.number().min(0) })
    .nullish()
    .catch(null),
  cost_in_usd_ticks: count,
})

const responseSchema = z.object({
  id: word,
  model: word,
  status: z.string(),
  output: z.array(z.unknown()).nullish(),
  incomplete_details: z.object({ reason: word }).nullish().catch(null),
  error: z.object({ code: word, type: word }).nullish().catch(null),
  usage: usageSchema.nullish().catch(null),
})
type Response = z.infer<typeof responseSchema>

const messageSchema = z.object({
  type: z.literal('message'),
  phase: z.string().nullish().catch(null),
  content: z.array(z.unknown()),
})
const partSchema = z.union([
  z.object({ type: z.literal('output_text'), text: z.string() }),
  z.object({ type: z.literal('refusal') }),
])

/** The members of a request that ask for a decision; nothing is kept at the vendor. */
export function decisionBody({ system, user, schema, schemaName }: DecisionRequest): {
  readonly instructions: string
  readonly input: { readonly role: 'user'; readonly content: string }[]
  readonly text: {
    readonly format: {
      readonly type: 'json_schema'
      readonly name: string
      readonly schema: Record<string, unknown>
      readonly strict: true
    }
  }
  readonly store: false
} {
  return {
    instructions: system,
    input: [{ role: 'user', content: user }],
    text: { format: { type: 'json_schema', name: schemaName, schema, strict: true } },
    // Vendors keep prompts for weeks unless told not to.
    store: false,
  }
}

/**
 * Reads the body of an answer. Hand in the JSON of the HTTP response rather than the object of an SDK, which fails if a web
 * page comes instead. A body that is no answer ends as `unreadable`; nothing is thrown.
 */
export function readResponse(body: unknown): ResponsesAnswer {
  const read = responseSchema.safeParse(body)
  if (!read.success) return { end: 'unreadable', text: '', responseId: null, items: [] }
  const { id, model, output, usage } = read.data
  const items = output ?? []
  const { text, refused } = readMessages(items)
  return {
    ...readEnd(read.data, refused),
    text,
    responseId: id ?? null,
    items,
    ...present({ servedModel: model ?? undefined, usage: usage ? readUsage(usage) : undefined }),
  }
}

const eventSchema = z.object({
  type: z.string(),
  delta: z.unknown().optional(),
  response: z.unknown().optional(),
  error: z.unknown().optional(),
})
const terminal = new Map([
  ['response.completed', 'completed'],
  ['response.incomplete', 'incomplete'],
  ['response.failed', 'failed'],
  ['response.cancelled', 'cancelled'],
  ['error', 'failed'],
])

/** Reads a stream up to its last event. Throws `AnswerCutError` when that never comes. */
export async function readResponseStream(
  events: AsyncIterable<unknown>,
  onText?: (delta: string) => void,
): Promise<ResponsesAnswer> {
  for await (const event of events) {
    const read = eventSchema.safeParse(event)
    if (!read.success) continue
    const { type, delta, response, error } = read.data
    if (type === 'response.output_text.delta' && typeof delta === 'string') onText?.(delta)
    const status = terminal.get(type)
    // Perplexity's failure brings an error and no response.
    if (status)
      return readResponse(response ?? (status === 'failed' ? { status, error } : undefined))
  }
  throw new AnswerCutError()
}

function readMessages(items: readonly unknown[]): { text: string; refused: boolean } {
  const messages = items.map((item) => messageSchema.safeParse(item)).flatMap(successful)
  const final = messages.filter(({ phase }) => phase === 'final_answer')
  // What a model says before its final answer is not the answer.
  const parts = (final.length > 0 ? final : messages)
    .flatMap(({ content }) => content)
    .map((part) => partSchema.safeParse(part))
    .flatMap(successful)
  return {
    text: parts.map((part) => (part.type === 'output_text' ? part.text : '')).join(''),
    refused: parts.some(({ type }) => type === 'refusal'),
  }
}

function readEnd(
  { status, incomplete_details, error }: Response,
  refused: boolean,
): { readonly end: AnswerEnd; readonly vendorCode?: string } {
  const reason = incomplete_details?.reason ?? error?.code ?? error?.type ?? status
  if (status === 'incomplete' && reason === 'max_output_tokens') return { end: 'truncated' }
  if (withheld.includes(reason)) return { end: 'filtered' }
  if (refused) return { end: 'refused' }
  if (status === 'completed') return { end: 'complete' }
  return { end: 'failed', vendorCode: reason }
}

function readUsage(usage: z.infer<typeof usageSchema>): Usage {
  const { input_tokens_details: input, output_tokens_details: output, cost } = usage
  const ticks = usage.cost_in_usd_ticks ?? undefined
  const dollars = cost && (cost.currency ?? 'USD') === 'USD' ? cost.total_cost : undefined
  return present({
    inputTokens: usage.input_tokens ?? undefined,
    outputTokens: usage.output_tokens ?? undefined,
    cachedInputTokens: input?.cached_tokens ?? input?.cache_read_input_tokens ?? undefined,
    reasoningTokens: output?.reasoning_tokens ?? undefined,
    costUsd: dollars ?? (ticks === undefined ? undefined : ticks / ticksPerUsd),
    costUsdTicks: ticks,
  })
}

/** xAI bills in ticks: https://docs.x.ai/developers/cost-tracking */
const ticksPerUsd = 10_000_000_000

function successful<Value>(read: z.ZodSafeParseResult<Value>): Value[] {
  return read.success ? [read.data] : []
}
