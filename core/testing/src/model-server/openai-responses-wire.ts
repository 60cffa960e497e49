import type { JsonObject } from '@loop-engine/core'

import type { WireAnswer } from './model-reply.ts'
import {
  answeredAt,
  asObject,
  asText,
  retryAfterHeader,
  type ModelWire,
  type WireFault,
  type WireJson,
  type WireProblem,
} from './model-wire.ts'
import { responseEvents } from './response-events.ts'
import { schemaProblem } from './strict-schema.ts'

/** OpenAI Responses: `POST /v1/responses`. */
export const openaiResponsesWire: ModelWire = {
  ...responsesWire('openai-responses', openaiUsage),
  error: ({ message, code, status }) => ({
    error: { message, type: errorType(status), param: null, code: code ?? codes[status] ?? null },
  }),
}

/** The same interface as xAI serves it: with a price in ticks, ids that may be null, and flat errors. */
export const xaiResponsesWire: ModelWire = {
  ...responsesWire('xai-responses', xaiUsage),
  error: ({ message, code, status }: WireFault) => ({
    code: code ?? `status-${status}`,
    error: message,
  }),
}

function responsesWire(
  name: 'openai-responses' | 'xai-responses',
  usageOf: (answer: WireAnswer) => WireJson,
): Omit<ModelWire, 'error'> {
  const answer = (spoken: WireAnswer, body: JsonObject): WireJson => ({
    ...(spoken.id === null ? (name === 'xai-responses' ? { id: null } : {}) : { id: spoken.id }),
    object: 'response',
    created_at: answeredAt,
    model: spoken.model,
    ...ending(spoken.stop),
    instructions: body['instructions'] ?? null,
    metadata: {},
    output: output(spoken, body),
    parallel_tool_calls: true,
    previous_response_id: null,
    store: body['store'] ?? true,
    temperature: null,
    tool_choice: body['tool_choice'] ?? 'auto',
    tools: body['tools'] ?? [],
    top_p: null,
    usage: usageOf(spoken),
  })
  return {
    basePath: '/v1',
    requestIdHeader: 'x-request-id',
    idPrefix: 'resp',
    route: (path, body) =>
      path === '/v1/responses'
        ? { model: asText(body['model']), streams: body['stream'] === true }
        : undefined,
    problem,
    answer,
    events: (spoken, body) => responseEvents(answer(spoken, body)),
    retryHeaders: retryAfterHeader,
  }
}

const codes: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  429: 'rate_limit_exceeded',
  500: 'server_error',
}

function errorType(status: number): string {
  if (status >= 500) return 'server_error'
  return status === 429 ? 'rate_limit_error' : 'invalid_request_error'
}

function problem(body: JsonObject): WireProblem | undefined {
  if (body['input'] === undefined)
    return { code: 'missing_required_parameter', message: "Missing required parameter: 'input'." }
  const reasons = /^(o\d|gpt-5)/.test(asText(body['model']))
  if (reasons && (body['temperature'] !== undefined || body['top_p'] !== undefined))
    return { code: 'unsupported_parameter', message: "Unsupported parameter: 'temperature'." }
  const fault = strictSchemas(body)
    .map((schema) => schemaProblem(schema, { everyRequired: true }))
    .find((found) => found !== undefined)
  return fault === undefined
    ? undefined
    : { code: 'invalid_json_schema', message: `Invalid schema: ${fault}` }
}

function strictSchemas(body: JsonObject): JsonObject[] {
  const format = asObject(asObject(body['text'])['format'])
  const tools = Array.isArray(body['tools']) ? body['tools'].map(asObject) : []
  return [
    ...(format['strict'] === true ? [asObject(format['schema'])] : []),
    ...tools.filter(({ strict }) => strict === true).map((tool) => asObject(tool['parameters'])),
  ]
}

function ending(stop: WireAnswer['stop']): WireJson {
  if (stop === 'failed') {
    const error = { code: 'server_error', message: 'The server had an error.' }
    return { status: 'failed', error, incomplete_details: null }
  }
  if (stop !== 'truncated' && stop !== 'content_filter')
    return { status: 'completed', error: null, incomplete_details: null }
  const reason = stop === 'truncated' ? 'max_output_tokens' : 'content_filter'
  return { status: 'incomplete', error: null, incomplete_details: { reason } }
}

function output({ stop, text }: WireAnswer, body: JsonObject): readonly WireJson[] {
  if (stop === 'failed' || text === '') return []
  const status = stop === 'truncated' ? 'incomplete' : 'completed'
  const name = forcedFunction(body)
  if (name !== undefined && stop !== 'refusal')
    return [{ type: 'function_call', id: 'fc_1', call_id: 'call_1', name, arguments: text, status }]
  const part =
    stop === 'refusal'
      ? { type: 'refusal', refusal: text }
      : { type: 'output_text', text, annotations: [], logprobs: [] }
  return [{ type: 'message', id: 'item_1', role: 'assistant', status, content: [part] }]
}

function forcedFunction(body: JsonObject): string | undefined {
  const choice = asObject(body['tool_choice'])
  return choice['type'] === 'function' ? asText(choice['name']) : undefined
}

function openaiUsage({ usage }: WireAnswer): WireJson {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0, cache_write_tokens: 0 },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}

/** Ten thousand million ticks are one US dollar. */
const ticksPerDollar = 10_000_000_000

function xaiUsage(answer: WireAnswer): WireJson {
  const { costUsd } = answer.usage
  return {
    ...openaiUsage(answer),
    num_sources_used: 0,
    num_server_side_tools_used: 0,
    ...(costUsd !== undefined && { cost_in_usd_ticks: Math.round(costUsd * ticksPerDollar) }),
  }
}
