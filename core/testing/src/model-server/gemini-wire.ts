import type { JsonObject } from '@loop-engine/core'

import type { WireAnswer } from './model-reply.ts'
import {
  asObject,
  asText,
  deltasOf,
  type ModelWire,
  type WireFault,
  type WireJson,
  type WireProblem,
} from './model-wire.ts'

const address = /^\/v1(?:beta)?\/(?:models\/)?([^/:]+):(generateContent|streamGenerateContent)$/

/** Gemini: `POST /v1beta/models/{model}:generateContent` and `:streamGenerateContent?alt=sse`, also under `/v1`. */
export const geminiWire: ModelWire = {
  basePath: '',
  idPrefix: 'gemini',
  route(path) {
    const [, model, method] = address.exec(path) ?? []
    if (model === undefined) return undefined
    return { model: decodeURIComponent(model), streams: method === 'streamGenerateContent' }
  },
  problem,
  answer: (answer, body) =>
    answer.stop === 'failed'
      ? errorBody({ status: 500, message: 'An internal error has occurred.', requestId: null })
      : whole(answer, partsOf(answer, body)),
  events(answer, body) {
    if (answer.stop === 'failed')
      return [
        { data: errorBody({ status: 503, message: 'The model is overloaded.', requestId: null }) },
      ]
    const parts = partsOf(answer, body)
    if (!parts.some((part) => Object.hasOwn(part, 'text'))) return [{ data: whole(answer, parts) }]
    // The text comes in chunks. The last chunk has no text, but the finish reason and the token counts.
    return [
      ...deltasOf(answer.text).map((text) => ({
        data: {
          candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }],
          ...envelope(answer),
        },
      })),
      { data: whole(answer, [{ text: '' }]) },
    ]
  },
  error: errorBody,
  // Gemini says in the body how long to wait.
  retryHeaders: () => ({}),
}

function problem(body: JsonObject): WireProblem | undefined {
  const refuse = (message: string): WireProblem => ({ code: 'INVALID_ARGUMENT', message })
  if (!Array.isArray(body['contents'])) return refuse('* contents: contents is not specified')
  const config = asObject(body['generationConfig'])
  if (config['responseSchema'] === undefined) return undefined
  // Gemini takes a subset of OpenAPI, and refuses any other keyword.
  const fault = foreignKeyword(asObject(config['responseSchema']))
  return fault === undefined
    ? undefined
    : refuse(`Unknown name "${fault}" at 'generation_config.response_schema'`)
}

function foreignKeyword(schema: JsonObject): string | undefined {
  const foreign = ['additionalProperties', '$schema', '$defs', '$ref', 'const']
  return foreign.find((name) => JSON.stringify(schema).includes(`"${name}":`))
}

const finishReasons = {
  complete: 'STOP',
  truncated: 'MAX_TOKENS',
  content_filter: 'SAFETY',
  refusal: 'STOP',
  failed: 'OTHER',
} as const

function envelope({ id, model }: WireAnswer): WireJson {
  return { ...(id !== null && { responseId: id }), modelVersion: model }
}

function whole(answer: WireAnswer, parts: readonly WireJson[]): WireJson {
  return {
    ...envelope(answer),
    ...outcome(answer.stop, parts),
    usageMetadata: usageMetadata(answer),
  }
}

function outcome(stop: WireAnswer['stop'], parts: readonly WireJson[]): WireJson {
  // The only refusal that Gemini can express: the prompt itself is blocked, and there is no candidate.
  if (stop === 'refusal') return { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }
  return {
    candidates: [
      {
        index: 0,
        finishReason: finishReasons[stop],
        ...(parts.length > 0 && { content: { role: 'model', parts } }),
      },
    ],
  }
}

function partsOf({ text, stop }: WireAnswer, body: JsonObject): readonly WireJson[] {
  if (text === '' || stop === 'refusal') return []
  const name = forcedFunction(body)
  if (name === undefined || stop !== 'complete') return [{ text }]
  try {
    return [{ functionCall: { name, args: JSON.parse(text) } }]
  } catch {
    return [{ text }]
  }
}

function forcedFunction(body: JsonObject): string | undefined {
  const calling = asObject(asObject(body['toolConfig'])['functionCallingConfig'])
  if (calling['mode'] !== 'ANY') return undefined
  const [allowed] = Array.isArray(calling['allowedFunctionNames'])
    ? calling['allowedFunctionNames']
    : []
  return asText(allowed)
}

function usageMetadata({ usage, stop }: WireAnswer): WireJson {
  const thoughts = usage.reasoningTokens ?? 0
  const counted = {
    promptTokenCount: usage.inputTokens,
    ...(usage.cachedInputTokens !== undefined && {
      cachedContentTokenCount: usage.cachedInputTokens,
    }),
  }
  if (stop === 'refusal') return { ...counted, totalTokenCount: usage.inputTokens }
  return {
    ...counted,
    candidatesTokenCount: usage.outputTokens - thoughts,
    ...(thoughts > 0 && { thoughtsTokenCount: thoughts }),
    totalTokenCount: usage.inputTokens + usage.outputTokens,
  }
}

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

function errorBody({ status, message, code, retryAfterSeconds }: WireFault): WireJson {
  const details =
    retryAfterSeconds === undefined
      ? []
      : [
          {
            '@type': 'type.googleapis.com/google.rpc.RetryInfo',
            retryDelay: `${retryAfterSeconds}s`,
          },
        ]
  return {
    error: { code: status, message, status: code ?? statuses[status] ?? 'UNKNOWN', details },
  }
}
