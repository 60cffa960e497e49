import { promptHash, type ModelProgress, type SubmissionContext } from '@loop-engine/core'
import {
  providerConformance,
  providerCrossCheck,
  startModelServer,
  type ModelReply,
  type ModelServer,
  type ProviderWireHarness,
} from '@loop-engine/testing'
import { AzureOpenAI, OpenAI } from 'openai'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

import { createOpenAIActorAdapter, type OpenAIOptions } from './index.ts'

const harness: ProviderWireHarness = {
  name: 'openai',
  wire: 'openai-responses',
  streams: true,
  missing: [],
  create: (connection) => createOpenAIActorAdapter({ model: 'gpt-5.5', ...connection }),
}
providerConformance(harness)
providerCrossCheck(harness)

const context: SubmissionContext = {
  loopId: 'order',
  loopName: 'Order',
  currentState: 'open',
  availableSignals: [{ signalId: 'approve', name: 'Approve' }],
  instruction: 'Decide about the order.',
  evidence: { amount: 12 },
}
const decision: ModelReply = {
  kind: 'decision',
  value: { signal: 'approve', rationale: 'It is cheap.', confidence: 0.9 },
}

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ wire: 'openai-responses' })
})
afterEach(() => {
  server.reset()
  vi.unstubAllEnvs()
})
afterAll(() => server.close())

const adapter = (options: Partial<OpenAIOptions> = {}) =>
  createOpenAIActorAdapter({
    apiKey: server.apiKey,
    baseUrl: server.baseUrl,
    model: 'gpt-5.5',
    ...options,
  })

test('the vendor is asked to keep nothing, the schema is strict, and the hash is of the body that left', async () => {
  const usage = { inputTokens: 100, cachedInputTokens: 20, outputTokens: 30, reasoningTokens: 10 }
  server.reply({ ...decision, usage, model: 'gpt-5.5-2026-04-23' })

  const { actor, requestId } = await adapter({ maxOutputTokens: 500 }).createSubmission(context)

  const [request] = server.requests
  expect(request?.body).toMatchObject({
    store: false,
    max_output_tokens: 500,
    text: { format: { type: 'json_schema', strict: true } },
  })
  expect(actor).toMatchObject({
    servedModel: 'gpt-5.5-2026-04-23',
    responseId: 'resp_0001',
    promptHash: promptHash(request?.body),
    usage,
  })
  expect(requestId).toBe('req_0001')
})

test('a stream has the hash of the same call without streaming, and reports its text', async () => {
  server.always({ ...decision, pieceBytes: 7 })
  const progress: ModelProgress[] = []

  const whole = await adapter().createSubmission(context)
  const streamed = await adapter().createSubmission(context, {
    onProgress: (event) => progress.push(event),
  })

  const heard = progress.flatMap((event) => (event.type === 'text' ? [event.delta] : []))
  expect(JSON.parse(heard.join(''))).toEqual(decision.kind === 'decision' && decision.value)
  expect(heard.length).toBeGreaterThan(1)
  expect(streamed.actor.promptHash).toBe(whole.actor.promptHash)
})

test.each([
  ['o4-mini', { reasoningEffort: 'low' }, { reasoning: { effort: 'low' } }],
  ['gpt-6-sol', { reasoningEffort: 'none', temperature: 0 }, { temperature: 0 }],
  ['gpt-4.1', { temperature: 0.2 }, { temperature: 0.2 }],
  ['ft:gpt-4o:acme::1', { temperature: 0.2 }, { temperature: 0.2 }],
  ['gpt-5.3-chat-latest', { temperature: 0.2 }, { temperature: 0.2 }],
  [
    'a-deployment',
    { family: 'reasoning', reasoningEffort: 'high' },
    { reasoning: { effort: 'high' } },
  ],
] as const)('%s takes %j', async (model, parameters, sent) => {
  // The local server refuses a temperature for every name like that of a reasoning model.
  const { fetch, bodies } = listening()
  const client = new OpenAI({ apiKey: server.apiKey, baseURL: server.baseUrl, fetch })
  server.reply(decision)

  await adapter({ client, model, ...parameters })
    .createSubmission(context)
    .catch(() => undefined)

  expect(bodies[0]).toMatchObject(sent)
})

test.each([
  ['o4-mini', { temperature: 0 }, '/temperature'],
  ['gpt-5.5', { temperature: 0, reasoningEffort: 'low' }, '/temperature'],
  ['gpt-4o', { reasoningEffort: 'low' }, '/reasoningEffort'],
  ['gpt-5-chat-latest', { reasoningEffort: 'low' }, '/reasoningEffort'],
] as const)('%s refuses %j before anyone is asked', (model, parameters, path) => {
  expect(() => adapter({ model, ...parameters })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path }),
  )
})

test('settings for OpenAI in the environment change nothing', async () => {
  vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1/v1')
  vi.stubEnv('OPENAI_API_KEY', 'sk-of-somebody-else')
  vi.stubEnv('OPENAI_ORG_ID', 'org-of-somebody-else')
  vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'authorization: Bearer sk-other\nx-gateway: secret')
  server.reply(decision)

  await adapter({ organization: 'org-mine' }).createSubmission(context)

  const [request] = server.requests
  expect(request).toMatchObject({
    keyMatched: true,
    headers: { 'openai-organization': 'org-mine' },
  })
  expect(request?.headers).not.toHaveProperty('x-gateway')
})

test('a missing key is refused, even if the environment has one', () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-of-somebody-else')

  expect(() => createOpenAIActorAdapter({ model: 'gpt-5.5' })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/apiKey' }),
  )
})

test('a client that is handed in keeps its fetch and its retries', async () => {
  const { fetch, bodies } = listening()
  const client = new OpenAI({
    apiKey: server.apiKey,
    baseURL: server.baseUrl,
    maxRetries: 1,
    fetch,
  })
  server.always({ kind: 'status', status: 500, retryAfterMs: 1 })

  const submission = adapter({ client }).createSubmission(context)

  await expect(submission).rejects.toMatchObject({ code: 'unavailable', details: { attempts: 2 } })
  expect(bodies).toHaveLength(2)
})

test('a client of Azure keeps its key and its address', async () => {
  server.reply(decision)
  const seen: unknown[] = []
  const client = new AzureOpenAI({
    apiKey: server.apiKey,
    baseURL: server.baseUrl,
    apiVersion: 'preview',
    fetch: (input, init) => {
      const apiKey = new Headers(init?.headers).get('api-key')
      seen.push([apiKey, new Request(input, init).url])
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
      return fetch(input, { ...init, headers })
    },
  })

  const { signal } = await adapter({ client, model: 'a-deployment' }).createSubmission(context)

  expect(signal).toBe('approve')
  expect(seen).toEqual([[server.apiKey, `${server.baseUrl}/responses?api-version=preview`]])
})

function listening(): { fetch: typeof globalThis.fetch; bodies: unknown[] } {
  const bodies: unknown[] = []
  return {
    bodies,
    fetch: async (input, init) => {
      bodies.push(await new Request(input, init).json())
      return globalThis.fetch(input, init)
    },
  }
}
