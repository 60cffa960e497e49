import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startModelServer, type ModelServer } from './model-server.ts'

let server: ModelServer
let client: OpenAI
beforeAll(async () => {
  server = await startModelServer({ wire: 'openai-responses' })
  client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const question = { model: 'gpt-test', input: 'Well?', store: false }
const value = { signal: 'approve', rationale: 'Small – 12 €.', confidence: 0.9 }
const tool = {
  type: 'function' as const,
  name: 'decide',
  strict: true,
  parameters: {
    type: 'object',
    properties: { signal: { type: 'string' } },
    required: ['signal'],
    additionalProperties: false,
  },
}
const forced = {
  ...question,
  tools: [tool],
  tool_choice: { type: 'function', name: 'decide' } as const,
}

describe('the official OpenAI SDK reads', () => {
  test('a decision, with ids and counts', async () => {
    server.reply({ kind: 'decision', value })

    const response = await client.responses.create(question)

    expect(response).toMatchObject({
      id: 'resp_0001',
      status: 'completed',
      model: 'gpt-test-2026-11-01',
      output_text: JSON.stringify(value),
      usage: { input_tokens: 120, output_tokens: 30, total_tokens: 150 },
      _request_id: 'req_0001',
    })
  })

  test('a decision as a call of the function that it forces', async () => {
    server.reply({ kind: 'decision', value }, { kind: 'decision', value })
    const call = { type: 'function_call', name: 'decide', arguments: JSON.stringify(value) }

    expect((await client.responses.create(forced)).output).toMatchObject([call])
    const streamed = await client.responses.stream(forced).finalResponse()
    expect(streamed.output).toMatchObject([call])
  })

  test('a stream in pieces that cut characters, and what it amounts to', async () => {
    server.reply({ kind: 'decision', value, pieceBytes: 7 })
    const deltas: string[] = []

    const stream = client.responses.stream(question)
    stream.on('response.output_text.delta', ({ delta }) => deltas.push(delta))
    const response = await stream.finalResponse()

    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe(JSON.stringify(value))
    expect(response).toMatchObject({ status: 'completed', usage: { output_tokens: 30 } })
  })

  test.each([
    ['refusal', { status: 'completed', output: [{ content: [{ type: 'refusal' }] }] }],
    ['truncated', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['content_filter', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    ['failed', { status: 'failed', error: { code: 'server_error' } }],
    ['empty', { status: 'completed', output: [] }],
  ] as const)('%s alike with and without a stream', async (kind, expected) => {
    server.reply({ kind }, { kind })

    expect(await client.responses.create(question)).toMatchObject(expected)
    expect(await client.responses.stream(question).finalResponse()).toMatchObject(expected)
  })

  test('errors, by their class, code and id of the request', async () => {
    server.reply({ kind: 'status', status: 429, retryAfterSeconds: 7 })

    const limited = client.responses.create(question)

    await expect(limited).rejects.toBeInstanceOf(OpenAI.RateLimitError)
    await expect(limited).rejects.toMatchObject({
      code: 'rate_limit_exceeded',
      requestID: 'req_0001',
    })
  })
})

test('what the vendor refuses is refused: a schema that is not strict, a temperature for who reasons', async () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: [],
    additionalProperties: false,
  }
  const format = { type: 'json_schema' as const, name: 'decision', schema, strict: true }

  await expect(client.responses.create({ ...question, text: { format } })).rejects.toThrow(
    /missing 'a'/,
  )
  await expect(
    client.responses.create({ ...question, model: 'o4-mini', temperature: 0 }),
  ).rejects.toMatchObject({ code: 'unsupported_parameter' })
})

describe('as xAI', () => {
  test('it has a price in ticks, ids that are null, and errors that are flat', async () => {
    const xai = await startModelServer({ wire: 'xai-responses' })
    const grok = new OpenAI({ baseURL: xai.baseUrl, apiKey: xai.apiKey, maxRetries: 0 })
    xai.reply({ kind: 'decision', value, id: null }, { kind: 'status', status: 403 })

    const response = await grok.responses.create(question)
    const refused: unknown = await grok.responses.create(question).catch((error: unknown) => error)
    await xai.close()

    expect(response).toMatchObject({ id: null, usage: { cost_in_usd_ticks: 25_000_000 } })
    expect(refused).toBeInstanceOf(OpenAI.PermissionDeniedError)
    // The SDK looks for the code in `error`, which is a string here, so the code is lost.
    expect(refused).toMatchObject({ status: 403, requestID: 'req_0002', code: undefined })
  })
})
