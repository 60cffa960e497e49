import type { JsonObject } from '@loop-engine/core'

import type { WireAnswer } from './model-reply.ts'
import {
  answeredAt,
  asObject,
  asText,
  retryAfterHeader,
  type ModelWire,
  type WireJson,
  type WireProblem,
} from './model-wire.ts'
import { responseEvents } from './response-events.ts'

/** Perplexity's Agent API: `POST /v1/responses`, which is `/v1/agent` by another name. */
export const perplexityAgentWire: ModelWire = {
  basePath: '',
  requestIdHeader: 'x-request-id',
  idPrefix: 'resp',
  route: (path, body) =>
    path === '/v1/responses' || path === '/v1/agent'
      ? { model: asText(body['model']), streams: body['stream'] === true }
      : undefined,
  problem,
  answer,
  events(spoken) {
    const response = answer(spoken)
    const events = responseEvents(response)
    if (spoken.stop !== 'failed') return events
    // Unlike OpenAI's, this event holds only the error.
    const data = { type: 'response.failed', error: response['error'], sequence_number: 2 }
    return [...events.slice(0, 2), { event: 'response.failed', data }]
  },
  error: ({ status, message, code }) => ({
    error: { message, type: code ?? 'api_error', code: status },
  }),
  retryHeaders: retryAfterHeader,
}

/** Every member of a request that the Agent API knows; it refuses any other. */
const known = new Set([
  'background',
  'input',
  'instructions',
  'language_preference',
  'max_output_tokens',
  'max_steps',
  'model',
  'models',
  'preset',
  'previous_response_id',
  'profile',
  'reasoning',
  'response_format',
  'skills',
  'store',
  'stream',
  'temperature',
  'tools',
  'top_p',
])

function problem(body: JsonObject): WireProblem | undefined {
  const refuse = (message: string): WireProblem => ({ code: 'invalid_request', message })
  const unknown = Object.keys(body).find((name) => !known.has(name))
  if (unknown !== undefined) return refuse(`json: unknown field "${unknown}"`)
  if (body['input'] === undefined) return refuse('input is required')
  if (!['model', 'models', 'preset'].some((name) => body[name] !== undefined))
    return refuse('one of model, models and preset is required')
  const format = asObject(body['response_format'])
  if (body['response_format'] === undefined || format['type'] === 'text') return undefined
  const schema = asObject(asObject(format['json_schema'])['schema'])
  return format['type'] === 'json_schema' && Object.keys(schema).length > 0
    ? undefined
    : refuse('response_format must be a json_schema with a schema')
}

function answer({ id, model, stop, text, usage, sources }: WireAnswer): WireJson {
  const failed = stop === 'failed'
  return {
    ...(id !== null && { id }),
    object: 'response',
    created_at: answeredAt,
    model,
    status: failed ? 'failed' : stop === 'truncated' ? 'incomplete' : 'completed',
    ...(stop === 'truncated' && { incomplete_details: { reason: 'max_output_tokens' } }),
    ...(failed && {
      error: { code: 'internal_error', type: 'server_error', message: 'The search failed.' },
    }),
    background: false,
    output: failed ? [] : [...searches(sources), ...messages(text)],
    usage: {
      input_tokens: usage.inputTokens,
      input_tokens_details: { cache_read_input_tokens: usage.cachedInputTokens ?? 0 },
      output_tokens: usage.outputTokens,
      total_tokens: usage.inputTokens + usage.outputTokens,
      ...(usage.costUsd !== undefined && {
        cost: { currency: 'USD', input_cost: 0, output_cost: 0, total_cost: usage.costUsd },
      }),
    },
  }
}

function searches(sources: WireAnswer['sources']): readonly WireJson[] {
  if (sources.length === 0) return []
  const results = sources.map(({ url, title, snippet = '', date }, index) => ({
    id: index + 1,
    url,
    title,
    snippet,
    source: 'web',
    ...(date !== undefined && { date, last_updated: date }),
  }))
  return [{ type: 'search_results', queries: ['a query of the model'], results }]
}

function messages(text: string): readonly WireJson[] {
  if (text === '') return []
  const content = [{ type: 'output_text', text, annotations: [] }]
  return [{ type: 'message', id: 'item_1', role: 'assistant', status: 'completed', content }]
}
