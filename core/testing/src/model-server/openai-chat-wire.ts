import type { JsonObject } from '@loop-engine/core'

import type { WireAnswer } from './model-reply.ts'
import {
  answeredAt,
  asObject,
  asText,
  deltasOf,
  retryAfterHeader,
  type ModelWire,
  type ServerEvent,
  type WireJson,
} from './model-wire.ts'

/** OpenAI Chat Completions: `POST /v1/chat/completions`. */
export const openaiChatWire: ModelWire = chatWire('openai-chat', '/v1', () => ({}))

/** The same format as Perplexity's Sonar served it: with citations, search results and a price. */
export const sonarWire: ModelWire = chatWire('sonar', '', ({ sources }) => ({
  citations: sources.map(({ url }) => url),
  search_results: sources.map(({ url, title, snippet = '', date = null }) => ({
    title,
    url,
    date,
    last_updated: date,
    snippet,
    source: 'web',
  })),
}))

function chatWire(
  name: 'openai-chat' | 'sonar',
  basePath: string,
  grounding: (answer: WireAnswer) => WireJson,
): ModelWire {
  const head = ({ id, model }: WireAnswer, object: string): WireJson => ({
    ...(id !== null && { id }),
    object,
    created: answeredAt,
    model,
  })
  const usageOf = name === 'sonar' ? sonarUsage : chatUsage
  return {
    basePath,
    requestIdHeader: 'x-request-id',
    idPrefix: 'chatcmpl',
    route: (path, body) =>
      path === '/chat/completions' || path === '/v1/chat/completions'
        ? { model: asText(body['model']), streams: body['stream'] === true }
        : undefined,
    problem: ({ messages }) =>
      Array.isArray(messages)
        ? undefined
        : { code: 'missing_required_parameter', message: "Missing parameter: 'messages'." },
    answer: (answer, body) =>
      answer.stop === 'failed'
        ? errorBody(500, 'The server had an error.')
        : {
            ...head(answer, 'chat.completion'),
            ...grounding(answer),
            choices: [{ index: 0, logprobs: null, ...choice(answer, body) }],
            usage: usageOf(answer),
          },
    events(answer, body) {
      const chunk = (rest: WireJson): ServerEvent => ({
        data: { ...head(answer, 'chat.completion.chunk'), ...rest },
      })
      if (answer.stop === 'failed') return [{ data: errorBody(500, 'The server had an error.') }]
      const { message, finish_reason } = choice(answer, body)
      const usage = usageOf(answer)
      const counted = asObject(body['stream_options'])['include_usage'] === true
      const step = (delta: WireJson, finish: unknown = null): WireJson => ({
        choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      })
      return [
        chunk(step({ role: 'assistant', content: '' })),
        ...deltas(message).map((delta) => chunk(step(delta))),
        chunk({
          ...step({}, finish_reason),
          ...(name === 'sonar' && { ...grounding(answer), usage }),
        }),
        ...(name === 'openai-chat' && counted ? [chunk({ choices: [], usage })] : []),
        { data: '[DONE]' },
      ]
    },
    error: ({ status, message, code }) => errorBody(status, message, code),
    retryHeaders: retryAfterHeader,
  }
}

const finishReasons = {
  complete: 'stop',
  refusal: 'stop',
  truncated: 'length',
  content_filter: 'content_filter',
  failed: 'stop',
} as const

function choice(
  { stop, text }: WireAnswer,
  body: JsonObject,
): { readonly message: WireJson; readonly finish_reason: string } {
  const forced = asObject(asObject(body['tool_choice'])['function'])['name']
  const isCall = forced !== undefined && (stop === 'complete' || stop === 'truncated')
  const message = {
    role: 'assistant',
    content: stop === 'refusal' || isCall ? null : text,
    refusal: stop === 'refusal' ? text : null,
    ...(isCall && { tool_calls: [toolCall(asText(forced), text)] }),
  }
  const finish_reason = isCall && stop === 'complete' ? 'tool_calls' : finishReasons[stop]
  return { message, finish_reason }
}

function toolCall(name: string, text: string): WireJson {
  return { id: 'call_1', type: 'function', function: { name, arguments: text } }
}

function deltas({ content, refusal, tool_calls: calls }: WireJson): readonly WireJson[] {
  if (Array.isArray(calls)) return [{ tool_calls: [{ index: 0, ...calls[0] }] }]
  const [member, text] = typeof refusal === 'string' ? ['refusal', refusal] : ['content', content]
  return deltasOf(String(text)).map((piece) => ({ [String(member)]: piece }))
}

function chatUsage({ usage }: WireAnswer): WireJson {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens ?? 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
  }
}

function sonarUsage({ usage }: WireAnswer): WireJson {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    search_context_size: 'low',
    ...(usage.reasoningTokens !== undefined && { reasoning_tokens: usage.reasoningTokens }),
    ...(usage.costUsd !== undefined && {
      cost: {
        input_tokens_cost: 0,
        output_tokens_cost: 0,
        request_cost: 0,
        total_cost: usage.costUsd,
      },
    }),
  }
}

function errorBody(status: number, message: string, code?: string): WireJson {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error'
  return { error: { message, type, param: null, code: code ?? null } }
}
