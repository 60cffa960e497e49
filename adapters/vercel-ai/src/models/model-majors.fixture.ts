import * as ai7 from 'ai'
import * as ai5 from 'ai-v5'
import { MockLanguageModelV2 } from 'ai-v5/test'
import * as ai6 from 'ai-v6'
import { MockLanguageModelV3 } from 'ai-v6/test'
import { MockLanguageModelV4 } from 'ai/test'

import type { AnyLanguageModel } from './model-shape.ts'

// Silences the SDK's notices of compatibility modes.
Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false })

/** What a mock model answers; translated into each specification. */
export interface Reply {
  readonly text?: string
  readonly toolCalls?: readonly {
    readonly id: string
    readonly name: string
    readonly input: unknown
  }[]
  readonly finishReason?: string
  readonly responseId?: string
  readonly modelId?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly requestBody?: unknown
  /** Thrown instead of an answer; within a stream, see `streamEnds`. */
  readonly throws?: unknown
  /** What an error part of a stream holds. */
  readonly error?: unknown
  /** How a stream ends: as it should, with an error part, by an error of the stream, without `finish`, or never. */
  readonly streamEnds?: 'finish' | 'error-part' | 'error' | 'cut' | 'never'
}

interface MockModel extends AnyLanguageModel {
  /** The parameters of each call that reached the provider. */
  readonly seen: readonly Readonly<Record<string, unknown>>[]
}

type Options = Readonly<Record<string, unknown>> & { readonly model: unknown }

/** One major of the SDK, with its mock models and its spelling of the same calls. */
export interface Major {
  readonly name: string
  mock(replies: readonly Reply[]): MockModel
  generateText(
    options: Options,
  ): Promise<{ readonly text: string; readonly steps: readonly unknown[] }>
  streamText(options: Options): {
    readonly textStream: AsyncIterable<string>
    consumeStream(): PromiseLike<void>
  }
  steps(count: number): unknown
  retryable(): Error
}

export const secretOfVendor = 'sk-secret-of-vendor'

function reasonOf(flat: boolean, { finishReason, toolCalls }: Reply): unknown {
  const unified = finishReason ?? (toolCalls ? 'tool-calls' : 'stop')
  return flat ? unified : { unified, raw: unified }
}

function usageOf(flat: boolean): unknown {
  return flat
    ? { inputTokens: 11, outputTokens: 7, totalTokens: 18, cachedInputTokens: 3 }
    : { inputTokens: { total: 11, cacheRead: 3 }, outputTokens: { total: 7 } }
}

function callsOf({ toolCalls = [] }: Reply): readonly object[] {
  return toolCalls.map(({ id, name, input }) => ({
    type: 'tool-call',
    toolCallId: id,
    toolName: name,
    input: JSON.stringify(input),
  }))
}

function generated(flat: boolean, reply: Reply): unknown {
  const { text, responseId, modelId, headers, requestBody } = reply
  return {
    content: [...(text === undefined ? [] : [{ type: 'text', text }]), ...callsOf(reply)],
    finishReason: reasonOf(flat, reply),
    usage: usageOf(flat),
    warnings: [],
    request: { body: requestBody },
    response: { id: responseId, modelId, headers: { ...headers, 'set-cookie': secretOfVendor } },
  }
}

function streamed(flat: boolean, reply: Reply): unknown {
  const { text = '', responseId, modelId, headers, requestBody, streamEnds = 'finish' } = reply
  const parts = [
    { type: 'stream-start', warnings: [] },
    { type: 'response-metadata', id: responseId, modelId },
    ...(text
      ? [
          { type: 'text-start', id: 't' },
          ...text.split('').map((delta) => ({ type: 'text-delta', id: 't', delta })),
          { type: 'text-end', id: 't' },
        ]
      : []),
    ...callsOf(reply),
    ...(streamEnds === 'error-part'
      ? [{ type: 'error', error: reply.error ?? new Error(secretOfVendor) }]
      : []),
    ...(streamEnds === 'finish'
      ? [{ type: 'finish', finishReason: reasonOf(flat, reply), usage: usageOf(flat) }]
      : []),
  ]
  const stream = new ReadableStream({
    pull(controller) {
      const part = parts.shift()
      if (part) return controller.enqueue(part)
      if (streamEnds === 'error') return controller.error(new Error(secretOfVendor))
      if (streamEnds !== 'never') return controller.close()
      return new Promise<void>(() => undefined)
    },
  })
  return { stream, request: { body: requestBody }, response: { headers } }
}

function mockOf(
  Mock: new (options: never) => AnyLanguageModel,
  flat: boolean,
  replies: readonly Reply[],
): MockModel {
  const seen: Readonly<Record<string, unknown>>[] = []
  const next = (params: Readonly<Record<string, unknown>>): Reply => {
    seen.push(params)
    const reply = replies[Math.min(seen.length, replies.length) - 1] ?? {}
    if (reply.throws) throw reply.throws
    return reply
  }
  const model = new Mock({
    provider: 'mock-provider',
    modelId: 'mock-model',
    doGenerate: async (params: Readonly<Record<string, unknown>>) => generated(flat, next(params)),
    doStream: async (params: Readonly<Record<string, unknown>>) => streamed(flat, next(params)),
  } as never)
  return Object.assign(model, { seen })
}

const failure = {
  message: secretOfVendor,
  url: 'https://vendor.test',
  requestBodyValues: { key: secretOfVendor },
  statusCode: 503,
  isRetryable: true,
  // The SDK tries again after 1 ms.
  responseHeaders: { 'retry-after-ms': '1', 'x-request-id': 'req-failed', cookie: secretOfVendor },
  responseBody: secretOfVendor,
}

type Sdk = typeof ai7

// Each major types the same call in its own way; the tests hand in options that all of them accept.
function majorOf(name: string, ai: Sdk, Mock: new (options: never) => object): Major {
  // Only v2 has flat usage and finish reasons.
  const flat = Mock === MockLanguageModelV2
  return {
    name,
    mock: (replies) => mockOf(Mock as never, flat, replies),
    generateText: (options) => ai.generateText(options as never),
    streamText: (options) => ai.streamText(options as never),
    steps: (count) => ai.stepCountIs(count),
    retryable: () => new ai.APICallError(failure),
  }
}

export const newest = majorOf('ai 7', ai7, MockLanguageModelV4)
export const majors: readonly Major[] = [
  newest,
  majorOf('ai 7 with a v3 model', ai7, MockLanguageModelV3),
  majorOf('ai 6', ai6 as unknown as Sdk, MockLanguageModelV3),
  majorOf('ai 6 with a v2 model', ai6 as unknown as Sdk, MockLanguageModelV2),
  majorOf('ai 5', ai5 as unknown as Sdk, MockLanguageModelV2),
]

/** The error that `work` fails with; undefined if it succeeds. */
export function caught(work: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(work).then(
    () => undefined,
    (error: unknown) => error,
  )
}
