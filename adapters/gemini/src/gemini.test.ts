import { GoogleGenAI } from '@google/genai'
import { GoogleGenerativeAI } from '@google/generative-ai'
import type { SubmissionContext } from '@loop-engine/core'
import {
  providerConformance,
  providerCrossCheck,
  startModelServer,
  type ModelServer,
  type ProviderWireHarness,
} from '@loop-engine/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

import { createGeminiActorAdapter } from './index.ts'

const model = 'gemini-3.5-flash'

const withGenAI: ProviderWireHarness = {
  name: 'gemini with @google/genai',
  wire: 'gemini',
  create: ({ apiKey, baseUrl, ...options }) =>
    createGeminiActorAdapter({
      ...options,
      model,
      // By default the SDK waits a second or two before it repeats.
      client: new GoogleGenAI({
        apiKey,
        apiVersion: 'v1beta',
        httpOptions: { baseUrl, retryOptions: { initialDelay: 0.001 } },
      }),
    }),
  streams: true,
  missing: [],
}
const withGenerativeAI: ProviderWireHarness = {
  name: 'gemini with @google/generative-ai',
  wire: 'gemini',
  create: ({ apiKey, ...options }) =>
    createGeminiActorAdapter({ ...options, model, client: new GoogleGenerativeAI(apiKey) }),
  streams: true,
  missing: ['retries'],
}
for (const harness of [withGenAI, withGenerativeAI]) {
  providerConformance(harness)
  providerCrossCheck(harness)
}

const context: SubmissionContext = {
  loopId: 'order',
  loopName: 'Order',
  currentState: 'open',
  availableSignals: [{ signalId: 'approve', name: 'Approve' }],
  instruction: 'Decide about the order.',
  evidence: { amount: 12 },
}
const value = { signal: 'approve', rationale: 'It is cheap.', confidence: 0.9 }

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ wire: 'gemini' })
})
afterEach(() => {
  server.reset()
  vi.unstubAllEnvs()
  vi.unstubAllGlobals()
})
afterAll(() => server.close())

test('a key alone loads @google/genai, which sends the schema unchanged and no tools', async () => {
  server.reply({ kind: 'decision', value })
  const { apiKey, baseUrl } = server

  await createGeminiActorAdapter({ apiKey, baseUrl, model, temperature: 0 }).createSubmission(
    context,
  )

  const [request] = server.requests
  expect(request?.path).toBe(`/v1beta/models/${model}:generateContent`)
  expect(request?.body).toMatchObject({
    generationConfig: {
      temperature: 0,
      responseJsonSchema: { properties: { confidence: { minimum: 0, maximum: 1 } } },
    },
  })
  expect(request?.body).not.toHaveProperty('tools')
})

test('a client keeps its own fetch, and does not repeat requests unless its settings say so', async () => {
  server.reply({ kind: 'status', status: 503 })
  const own = vi.fn<typeof fetch>((input, init) => fetch(input, init))
  const client = new GoogleGenAI({
    apiKey: server.apiKey,
    httpOptions: { baseUrl: server.baseUrl, fetch: own },
  })

  await expect(
    createGeminiActorAdapter({ client, model }).createSubmission(context),
  ).rejects.toMatchObject({ details: { attempts: 1, vendorCode: 'UNAVAILABLE' } })
  expect(own).toHaveBeenCalledOnce()
})

test.each([
  [
    '@google/genai',
    () =>
      new GoogleGenAI({
        apiKey: server.apiKey,
        httpOptions: { baseUrl: server.baseUrl, timeout: 50 },
      }),
  ],
  [
    '@google/generative-ai',
    () => {
      const made = new GoogleGenerativeAI(server.apiKey)
      const { baseUrl } = server
      return {
        getGenerativeModel: (params: { model: string }) =>
          made.getGenerativeModel(params, { baseUrl, timeout: 50 }),
      }
    },
  ],
])('the time limit of a client of %s itself is a timeout and not an abort', async (_, client) => {
  server.reply({ kind: 'hang' })

  await expect(
    createGeminiActorAdapter({ client: client(), model }).createSubmission(context),
  ).rejects.toMatchObject({ code: 'timeout' })
})

test.each([
  ['@google/genai', () => new GoogleGenAI({ apiKey: 'k' })],
  ['@google/generative-ai', () => new GoogleGenerativeAI('k')],
])(
  'a bad key, which Google calls an invalid argument, is an auth error with %s',
  async (_, client) => {
    const details = [{ '@type': 'google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }]
    const error = { code: 400, message: 'Bad key: k', status: 'INVALID_ARGUMENT', details }
    vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ error }, { status: 400 })))

    await expect(
      createGeminiActorAdapter({ client: client(), model }).createSubmission(context),
    ).rejects.toMatchObject({ code: 'auth', details: { vendorCode: 'API_KEY_INVALID' } })
  },
)

test('the rest of an answer that could be continued is not requested: one question is one request', async () => {
  const content = { parts: [{ text: JSON.stringify(value) }] }
  const answers = [
    { candidates: [{ finishReason: 'CONTINUATION', continuationToken: 't', content }] },
    { candidates: [{ finishReason: 'STOP', content: { parts: [{ text: '' }] } }] },
  ].map((answer) => Response.json(answer))
  const fetch = () => Promise.resolve(answers.shift() ?? Response.error())
  const client = new GoogleGenAI({ apiKey: 'k', httpOptions: { fetch } })

  await expect(
    createGeminiActorAdapter({ client, model }).createSubmission(context),
  ).rejects.toMatchObject({ code: 'truncated', details: { attempts: 1 } })
})

test('the environment is not read', async () => {
  vi.stubEnv('GOOGLE_GENAI_USE_VERTEXAI', 'true')
  vi.stubEnv('GEMINI_API_KEY', 'other')
  vi.stubEnv('GOOGLE_GEMINI_BASE_URL', 'https://elsewhere.test')
  vi.stubEnv('GOOGLE_GENAI_API_VERSION', 'v9')
  const seen: [string, Headers][] = []
  vi.stubGlobal('fetch', (input: string, init: RequestInit) => {
    seen.push([input, new Headers(init.headers)])
    return Promise.resolve(Response.json({}, { status: 403 }))
  })

  await expect(
    createGeminiActorAdapter({ apiKey: 'mine', model }).createSubmission(context),
  ).rejects.toMatchObject({ code: 'auth' })

  const [[url, headers] = ['', new Headers()]] = seen
  expect(url).toBe(
    `https://generativelanguage.googleapis.com/v1beta/models/${model}:generateContent`,
  )
  expect(headers.get('x-goog-api-key')).toBe('mine')
})

test('an adapter without a key or a client is refused', () => {
  expect(() => createGeminiActorAdapter({ model })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/apiKey' }),
  )
})
