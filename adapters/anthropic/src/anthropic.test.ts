import Anthropic from '@anthropic-ai/sdk'
import type { SubmissionContext } from '@loop-engine/core'
import {
  providerConformance,
  providerCrossCheck,
  startModelServer,
  type ModelReply,
  type ModelServer,
  type ProviderWireHarness,
} from '@loop-engine/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { createAnthropicActorAdapter, type AnthropicOptions } from './index.ts'

const model = 'claude-opus-4-6'

const harness: ProviderWireHarness = {
  name: 'anthropic',
  wire: 'anthropic',
  create: (options) => createAnthropicActorAdapter({ ...options, model }),
  streams: true,
  // The stop reasons of Anthropic include a refusal, but no filter.
  missing: ['content_filter'],
}
providerConformance(harness)
providerCrossCheck(harness)
providerConformance({
  ...harness,
  name: 'anthropic with a client that was handed in',
  create: ({ apiKey, baseUrl, ...options }) => {
    const client = new Anthropic({ apiKey, baseURL: baseUrl, logLevel: 'off' })
    return createAnthropicActorAdapter({ ...options, model, client })
  },
})

const context: SubmissionContext = {
  loopId: 'order',
  loopName: 'Order',
  currentState: 'open',
  availableSignals: [{ signalId: 'approve', name: 'Approve' }],
  instruction: 'Decide about the order.',
  evidence: { amount: 12 },
}
const value = { signal: 'approve', rationale: 'It is cheap.', confidence: 0.9 }
const decision: ModelReply = { kind: 'decision', value }

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ wire: 'anthropic' })
})
afterEach(() => {
  server.reset()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})
afterAll(() => server.close())

const adapter = (options: Partial<AnthropicOptions> = {}) =>
  createAnthropicActorAdapter({
    apiKey: server.apiKey,
    baseUrl: server.baseUrl,
    model,
    maxRetries: 0,
    ...options,
  })

test('constraints that the vendor’s strict mode does not support are sent in descriptions', async () => {
  server.reply(decision)

  await adapter({ temperature: 0 }).createSubmission(context)

  const [request] = server.requests
  expect(request?.body).toMatchObject({
    max_tokens: 4096,
    temperature: 0,
    output_config: {
      format: {
        schema: {
          properties: {
            signal: { enum: ['approve'] },
            confidence: { type: 'number', description: expect.stringContaining('maximum: 1') },
          },
        },
      },
    },
  })
  expect(request?.body).not.toHaveProperty('tools')
})

test('large answers need no stream', async () => {
  server.reply(decision)

  await expect(
    adapter({ maxOutputTokens: 128_000 }).createSubmission(context),
  ).resolves.toMatchObject({ signal: 'approve' })
})

test('a client keeps its own retries, fetch and middleware', async () => {
  server.reply({ kind: 'status', status: 500, retryAfterMs: 1 })
  const seen: string[] = []
  const client = new Anthropic({
    apiKey: server.apiKey,
    baseURL: server.baseUrl,
    maxRetries: 0,
    fetch: (input, init) => (seen.push('fetch'), fetch(input, init)),
    middleware: [(request, next) => (seen.push('middleware'), next(request))],
  })

  await expect(
    createAnthropicActorAdapter({ client, model }).createSubmission(context),
  ).rejects.toMatchObject({ code: 'unavailable', details: { attempts: 1 } })
  expect(seen).toEqual(['middleware', 'fetch'])
})

test('an error event in a stream gets the status that it would have as a response', async () => {
  server.reply({ kind: 'failed' })

  await expect(adapter().createSubmission(context, { onProgress: () => {} })).rejects.toMatchObject(
    {
      code: 'unavailable',
      retryable: true,
      details: { vendorCode: 'overloaded_error', status: 529 },
    },
  )
})

describe('the stop reason decides whether an answer is read', () => {
  const answering = (stop_reason: string | null) => {
    const counts = { cache_read_input_tokens: 3, cache_creation_input_tokens: 2, output_tokens: 1 }
    const answer = {
      id: 'msg_1',
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: JSON.stringify(value) },
      ],
      stop_reason,
      usage: { input_tokens: 5, ...counts },
    }
    return new Anthropic({ apiKey: 'k', fetch: () => Promise.resolve(Response.json(answer)) })
  }

  test('a complete answer is read, and cached tokens count as input', async () => {
    const client = answering('stop_sequence')

    const { usage, actor } = await adapter({ client }).createSubmission(context)

    expect(usage).toEqual({ inputTokens: 10, cachedInputTokens: 3, outputTokens: 1 })
    expect(actor).not.toHaveProperty('servedModel')
  })

  test.each([
    ['model_context_window_exceeded', 'truncated'],
    ['refusal', 'refused'],
    ['pause_turn', 'unavailable'],
    ['tool_use', 'unavailable'],
    ['a_reason_of_tomorrow', 'unavailable'],
    [null, 'unavailable'],
  ])('%s', async (stop, code) => {
    const asked = adapter({ client: answering(stop) }).createSubmission(context)

    await expect(asked).rejects.toMatchObject({ code, details: { responseId: 'msg_1' } })
  })
})

test('the environment is not read, and nothing is logged', async () => {
  vi.stubEnv('ANTHROPIC_BASE_URL', 'https://elsewhere.test')
  vi.stubEnv('ANTHROPIC_CUSTOM_HEADERS', 'x-elsewhere: 1')
  vi.stubEnv('ANTHROPIC_AUTH_TOKEN', 'other')
  vi.stubEnv('ANTHROPIC_LOG', 'debug')
  const seen: [string, Headers][] = []
  vi.stubGlobal('fetch', (input: string, init: RequestInit) => {
    seen.push([input, new Headers(init.headers)])
    return Promise.resolve(Response.json({}, { status: 401 }))
  })
  const log = vi.spyOn(console, 'debug').mockReturnValue()

  await expect(adapter({ baseUrl: undefined }).createSubmission(context)).rejects.toMatchObject({
    code: 'auth',
  })

  const [[url, headers] = ['', new Headers()]] = seen
  expect(url).toBe('https://api.anthropic.com/v1/messages')
  expect(headers.get('authorization')).toBe(`Bearer ${server.apiKey}`)
  expect(headers.has('x-elsewhere')).toBe(false)
  expect(log).not.toHaveBeenCalled()
})

test('a missing key is refused, and so is a field that strict schemas cannot express', async () => {
  expect(() => createAnthropicActorAdapter({ model })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/apiKey' }),
  )
  await expect(
    adapter({ fields: z.object({ anything: z.unknown() }) }).createSubmission(context),
  ).rejects.toMatchObject({ code: 'invalid_config', path: '/fields' })
})
