import type { JsonObject } from '@loop-engine/core'

import type { WireAnswer } from './model-reply.ts'
import {
  asObject,
  asText,
  deltasOf,
  retryAfterHeader,
  type ModelWire,
  type ServerEvent,
  type WireJson,
  type WireProblem,
} from './model-wire.ts'
import { schemaProblem } from './strict-schema.ts'

/** Anthropic Messages: `POST /v1/messages`. */
export const anthropicWire: ModelWire = {
  basePath: '',
  requestIdHeader: 'request-id',
  idPrefix: 'msg',
  route: (path, body) =>
    path === '/v1/messages'
      ? { model: asText(body['model']), streams: body['stream'] === true }
      : undefined,
  problem,
  answer: (answer, body) =>
    answer.stop === 'failed'
      ? errorBody('overloaded_error', 'Overloaded', null)
      : { ...message(answer), content: content(answer, body) },
  events,
  error: ({ status, message: text, requestId, code }) =>
    errorBody(code ?? errorTypes[status] ?? 'api_error', text, requestId),
  retryHeaders: retryAfterHeader,
}

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
}

/** Keywords that Anthropic's structured outputs refuse. */
const unsupported = ['minLength', 'maxLength', 'minimum', 'maximum', 'multipleOf']

function problem(body: JsonObject, headers: Headers): WireProblem | undefined {
  const refuse = (text: string): WireProblem => ({ code: 'invalid_request_error', message: text })
  if (!headers.has('anthropic-version')) return refuse('anthropic-version: header is required')
  if (typeof body['max_tokens'] !== 'number') return refuse('max_tokens: Field required')
  const format = asObject(asObject(body['output_config'])['format'])
  const tool = forcedTool(body)
  const schema = tool?.['strict'] === true ? tool['input_schema'] : format['schema']
  const fault = schema && schemaProblem(schema, { unsupported })
  return fault ? refuse(`output_config.format.schema: ${fault}`) : undefined
}

function forcedTool(body: JsonObject): JsonObject | undefined {
  const choice = asObject(body['tool_choice'])
  if (choice['type'] !== 'tool' && choice['type'] !== 'any') return undefined
  const tools = Array.isArray(body['tools']) ? body['tools'].map(asObject) : []
  return tools.find(({ name }) => choice['type'] === 'any' || name === choice['name'])
}

const stopReasons = {
  complete: 'end_turn',
  truncated: 'max_tokens',
  refusal: 'refusal',
  content_filter: 'refusal',
  failed: 'end_turn',
} as const

function message({ id, model, stop, usage }: WireAnswer): WireJson {
  return {
    ...(id !== null && { id }),
    type: 'message',
    role: 'assistant',
    model,
    container: null,
    diagnostics: null,
    stop_reason: stopReasons[stop],
    stop_sequence: null,
    stop_details: stopDetails(stop),
    usage: usageOf(usage),
  }
}

function usageOf(usage: WireAnswer['usage']): WireJson {
  return {
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_creation: null,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cachedInputTokens ?? 0,
    output_tokens_details: { thinking_tokens: usage.reasoningTokens ?? 0 },
    server_tool_use: null,
    service_tier: 'standard',
  }
}

function stopDetails(stop: WireAnswer['stop']): WireJson | null {
  if (stop !== 'refusal' && stop !== 'content_filter') return null
  return { type: 'refusal', category: 'cyber', explanation: 'The request may cause harm.' }
}

function content({ stop, text }: WireAnswer, body: JsonObject): readonly WireJson[] {
  const input = stop === 'complete' ? readObject(text) : undefined
  const tool = forcedTool(body)
  if (tool && input)
    return [{ type: 'tool_use', id: 'toolu_0001', caller: direct, name: tool['name'], input }]
  return text === '' ? [] : [{ type: 'text', citations: null, text }]
}

const direct = { type: 'direct' }

function readObject(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function events(answer: WireAnswer, body: JsonObject): readonly ServerEvent[] {
  const { stop_reason, stop_details, usage: _, ...start } = message(answer)
  const counted = usageOf(answer.usage)
  const named = (data: WireJson & { readonly type: string }): ServerEvent => ({
    event: data.type,
    data,
  })
  return [
    named({
      type: 'message_start',
      message: {
        ...start,
        content: [],
        stop_reason: null,
        stop_details: null,
        usage: { ...counted, output_tokens: 1 },
      },
    }),
    named({ type: 'ping' }),
    ...content(answer, body).flatMap((block, index) => blockEvents(block, index).map(named)),
    ...(answer.stop === 'failed'
      ? [{ event: 'error', data: errorBody('overloaded_error', 'Overloaded', null) }]
      : [
          named({
            type: 'message_delta',
            delta: { stop_reason, stop_details, stop_sequence: null, container: null },
            usage: counted,
          }),
          named({ type: 'message_stop' }),
        ]),
  ]
}

type Typed = WireJson & { readonly type: string }

function blockEvents(block: WireJson, index: number): readonly Typed[] {
  const isTool = block['type'] === 'tool_use'
  const text = isTool ? JSON.stringify(block['input']) : String(block['text'])
  return [
    {
      type: 'content_block_start',
      index,
      content_block: isTool ? { ...block, input: {} } : { ...block, text: '' },
    },
    ...deltasOf(text).map((piece) => ({
      type: 'content_block_delta',
      index,
      delta: isTool
        ? { type: 'input_json_delta', partial_json: piece }
        : { type: 'text_delta', text: piece },
    })),
    { type: 'content_block_stop', index },
  ]
}

function errorBody(type: string, text: string, requestId: string | null): WireJson {
  return { type: 'error', error: { type, message: text }, request_id: requestId }
}
