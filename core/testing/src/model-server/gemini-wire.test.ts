import { ApiError, GoogleGenAI } from '@google/genai'
import { GoogleGenerativeAI } from '@google/generative-ai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startModelServer, type ModelServer } from './model-server.ts'

let server: ModelServer
let client: GoogleGenAI
beforeAll(async () => {
  server = await startModelServer({ wire: 'gemini' })
  client = new GoogleGenAI({ apiKey: server.apiKey, httpOptions: { baseUrl: server.baseUrl } })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const question = { model: 'gemini-test', contents: 'Well?' }
const value = { signal: 'approve', rationale: 'Small – 12 €.', confidence: 0.9 }
const forced = {
  ...question,
  config: {
    tools: [{ functionDeclarations: [{ name: 'decide' }] }],
    toolConfig: {
      functionCallingConfig: { mode: 'ANY' as never, allowedFunctionNames: ['decide'] },
    },
  },
}

describe('the Google Gen AI SDK reads', () => {
  test('a decision, with ids and counts', async () => {
    server.reply({ kind: 'decision', value })

    const response = await client.models.generateContent(question)

    expect(response.text).toBe(JSON.stringify(value))
    expect(response).toMatchObject({
      responseId: 'gemini_0001',
      modelVersion: 'gemini-test-2026-11-01',
      usageMetadata: { promptTokenCount: 120, candidatesTokenCount: 20, thoughtsTokenCount: 10 },
    })
  })

  test('a decision as a call of the function that it forces', async () => {
    server.reply({ kind: 'decision', value }, { kind: 'decision', value })

    const response = await client.models.generateContent(forced)
    const chunks = await Array.fromAsync(await client.models.generateContentStream(forced))

    expect(response.functionCalls).toMatchObject([{ name: 'decide', args: value }])
    expect(chunks.at(-1)?.functionCalls).toMatchObject([{ name: 'decide', args: value }])
  })

  test('a stream in pieces that cut lines', async () => {
    server.reply({ kind: 'decision', value, pieceBytes: 50 })

    const chunks = await Array.fromAsync(await client.models.generateContentStream(question))

    expect(chunks.map(({ text = '' }) => text).join('')).toBe(JSON.stringify(value))
    expect(chunks.at(-1)).toMatchObject({
      responseId: 'gemini_0001',
      candidates: [{ finishReason: 'STOP' }],
      usageMetadata: { totalTokenCount: 150 },
    })
  })

  test.each([
    ['refusal', { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } }],
    ['truncated', { candidates: [{ finishReason: 'MAX_TOKENS' }] }],
    ['content_filter', { candidates: [{ finishReason: 'SAFETY' }] }],
  ] as const)('%s alike with and without a stream', async (kind, expected) => {
    server.reply({ kind }, { kind })

    expect(await client.models.generateContent(question)).toMatchObject(expected)
    const chunks = await Array.fromAsync(await client.models.generateContentStream(question))
    expect(chunks.at(-1)).toMatchObject(expected)
  })

  test('errors, and in their body when to come again', async () => {
    server.reply({ kind: 'status', status: 429, retryAfterSeconds: 7 })

    const limited = client.models.generateContent(question)

    await expect(limited).rejects.toBeInstanceOf(ApiError)
    await expect(limited).rejects.toThrow(/"retryDelay":"7s"/)
  })
})

describe('its predecessor reads, under /v1beta,', () => {
  const model = () =>
    new GoogleGenerativeAI(server.apiKey).getGenerativeModel(
      { model: 'gemini-test' },
      { baseUrl: server.baseUrl },
    )

  test('the same answer and the same stream', async () => {
    server.reply({ kind: 'decision', value }, { kind: 'decision', value, pieceBytes: 50 })

    const { response } = await model().generateContent('Well?')
    const streamed = await model().generateContentStream('Well?')

    expect(response.text()).toBe(JSON.stringify(value))
    expect(response).toMatchObject({ responseId: 'gemini_0001' })
    expect((await streamed.response).text()).toBe(JSON.stringify(value))
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/v1beta/models/gemini-test:generateContent',
      '/v1beta/models/gemini-test:streamGenerateContent',
    ])
    expect(server.requests[0]).toMatchObject({ model: 'gemini-test', keyMatched: true })
  })

  test('that the OpenAPI subset does not know additionalProperties', async () => {
    const responseSchema = { type: 'object', properties: {}, additionalProperties: false } as never

    await expect(
      model().generateContent({ contents: [], generationConfig: { responseSchema } }),
    ).rejects.toMatchObject({ status: 400 })
  })
})
