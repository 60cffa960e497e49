import { promptHash, type SubmissionContext } from '@loop-engine/core'
import {
  providerConformance,
  providerCrossCheck,
  startModelServer,
  type ModelReply,
  type ModelServer,
  type ProviderWireHarness,
} from '@loop-engine/testing'
import { OpenAI } from 'openai'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

import { createGrokActorAdapter, type GrokOptions } from './index.ts'

const harness: ProviderWireHarness = {
  name: 'grok',
  wire: 'xai-responses',
  streams: true,
  missing: [],
  create: (connection) => createGrokActorAdapter({ model: 'grok-4.3', ...connection }),
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
  server = await startModelServer({ wire: 'xai-responses' })
})
afterEach(() => {
  server.reset()
  vi.unstubAllEnvs()
})
afterAll(() => server.close())

const adapter = (options: Partial<GrokOptions> = {}) =>
  createGrokActorAdapter({
    apiKey: server.apiKey,
    baseUrl: server.baseUrl,
    model: 'grok-4.3',
    ...options,
  })

test('the cost is recorded exactly in ticks, and in dollars', async () => {
  const usage = { inputTokens: 100, outputTokens: 30, costUsd: 0.0037756 }
  server.reply({ ...decision, usage })

  const submission = await adapter().createSubmission(context)

  expect(submission.usage).toMatchObject({ costUsdTicks: 37_756_000, costUsd: 0.0037756 })
})

test('no id is invented for an answer without one', async () => {
  server.reply({ ...decision, id: null })

  const { actor } = await adapter().createSubmission(context)

  expect(actor.responseId).toBeNull()
})

test('a request has only fields that xAI knows, is not stored there, and is hashed as it left', async () => {
  server.reply(decision)

  const { actor } = await adapter({
    temperature: 0.7,
    maxOutputTokens: 500,
    reasoningEffort: 'low',
  }).createSubmission(context)

  const [request] = server.requests
  expect(Object.keys(request?.body ?? {}).toSorted()).toEqual([
    'input',
    'max_output_tokens',
    'model',
    'reasoning',
    'store',
    'temperature',
    'text',
  ])
  expect(request?.body).toMatchObject({
    store: false,
    input: [{ role: 'system' }, { role: 'user' }],
  })
  expect(actor.promptHash).toBe(promptHash(request?.body))
})

test.each([
  ['a short code', { code: 'invalid-argument', error: 'Bad: Decide about the order.' }],
  ['a sentence as its code', { code: 'Some requested entity was not found', error: 'Gone.' }],
])('a flat error with %s is reported without its text', async (_, body) => {
  const { code, error } = body
  const client = answering(404, JSON.stringify(body))

  const submission = adapter({ client }).createSubmission(context)

  const thrown: unknown = await submission.catch((caught: unknown) => caught)
  expect(thrown).toMatchObject({ code: 'invalid_config', details: { status: 404 } })
  expect(JSON.stringify(thrown)).not.toContain(error)
  expect(JSON.stringify(thrown).includes(code)).toBe(!code.includes(' '))
})

test('a wrong key is an auth error, though xAI calls it an invalid argument', async () => {
  const code = 'Client specified an invalid argument'
  const error = 'Incorrect API key provided: sk***99. You can obtain one from https://console.x.ai.'
  const client = answering(400, JSON.stringify({ code, error }))

  await expect(adapter({ client }).createSubmission(context)).rejects.toMatchObject({
    code: 'auth',
    retryable: false,
    details: { vendorCode: 'invalid_api_key' },
  })
})

test('content that xAI refuses is content_filtered, though its status is 403 as for a key', async () => {
  const code = 'The caller does not have permission to execute the specified operation'
  const error =
    'Content violates usage guidelines. Team: t, API key ID: k, Failed check: SAFETY_CHECK_TYPE_BIO'
  const client = answering(403, JSON.stringify({ code, error }))

  await expect(adapter({ client }).createSubmission(context)).rejects.toMatchObject({
    code: 'content_filtered',
    retryable: false,
    details: { status: 403 },
  })
})

test('settings for OpenAI in the environment do not reach xAI', async () => {
  vi.stubEnv('OPENAI_API_KEY', 'sk-of-openai')
  vi.stubEnv('OPENAI_ORG_ID', 'org-of-openai')
  vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1/v1')
  vi.stubEnv('OPENAI_CUSTOM_HEADERS', 'x-gateway: secret')
  server.reply(decision)

  await adapter().createSubmission(context)

  expect(server.requests[0]?.keyMatched).toBe(true)
  expect(server.requests[0]?.headers).not.toHaveProperty('openai-organization')
  expect(server.requests[0]?.headers).not.toHaveProperty('x-gateway')
  expect(() => createGrokActorAdapter({ model: 'grok-4.3' })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/apiKey' }),
  )
})

/** A client with a fixed answer, which users of xAI have reported and the local server cannot give. */
function answering(status: number, body: string): OpenAI {
  return new OpenAI({
    apiKey: 'xai-key',
    baseURL: 'http://127.0.0.1:1/v1',
    maxRetries: 0,
    logLevel: 'off',
    fetch: () => Promise.resolve(new Response(body, { status })),
  })
}
