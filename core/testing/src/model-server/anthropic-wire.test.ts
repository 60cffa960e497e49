import Anthropic from '@anthropic-ai/sdk'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { startModelServer, type ModelServer } from './model-server.ts'

let server: ModelServer
let client: Anthropic
beforeAll(async () => {
  server = await startModelServer({ wire: 'anthropic' })
  client = new Anthropic({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 1 })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const question = {
  model: 'claude-test',
  max_tokens: 99,
  messages: [{ role: 'user' as const, content: 'Well?' }],
}
const value = { signal: 'approve', rationale: 'Small – 12 €.', confidence: 0.9 }
const tool = {
  name: 'decide',
  strict: true,
  input_schema: {
    type: 'object' as const,
    properties: { signal: { type: 'string' } },
    required: ['signal'],
    additionalProperties: false,
  },
}
const forced = {
  ...question,
  tools: [tool],
  tool_choice: { type: 'tool', name: 'decide' } as const,
}

describe('the official Anthropic SDK reads', () => {
  test('a decision as text, with ids and counts', async () => {
    server.reply({ kind: 'decision', value })

    const message = await client.messages.create(question)

    expect(message).toMatchObject({
      id: 'msg_0001',
      model: 'claude-test-2026-11-01',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: JSON.stringify(value) }],
      usage: { input_tokens: 120, output_tokens: 30 },
      _request_id: 'req_0001',
    })
  })

  test('a decision as a call of the tool that it forces', async () => {
    server.reply({ kind: 'decision', value }, { kind: 'decision', value })

    const message = await client.messages.create(forced)
    const streamed = await client.messages.stream(forced).finalMessage()

    expect(message.content).toMatchObject([{ type: 'tool_use', name: 'decide', input: value }])
    expect(streamed.content).toMatchObject([{ type: 'tool_use', name: 'decide', input: value }])
  })

  test('a stream in pieces that cut characters, and what it amounts to', async () => {
    server.reply({ kind: 'decision', value, pieceBytes: 7 })
    const deltas: string[] = []

    const stream = client.messages.stream(question).on('text', (delta) => deltas.push(delta))
    const message = await stream.finalMessage()

    expect(deltas.length).toBeGreaterThan(1)
    expect(deltas.join('')).toBe(JSON.stringify(value))
    expect(message).toMatchObject({ stop_reason: 'end_turn', usage: { output_tokens: 30 } })
    expect(stream.request_id).toBe('req_0001')
  })

  test.each([
    ['refusal', { stop_reason: 'refusal', stop_details: { type: 'refusal' } }],
    ['truncated', { stop_reason: 'max_tokens' }],
    ['empty', { stop_reason: 'end_turn', content: [] }],
  ] as const)('%s alike with and without a stream', async (kind, expected) => {
    server.reply({ kind }, { kind })

    expect(await client.messages.create(question)).toMatchObject(expected)
    expect(await client.messages.stream(question).finalMessage()).toMatchObject(expected)
  })

  test('errors, by their class and with the id of the request', async () => {
    server.reply({ kind: 'status', status: 529 }, { kind: 'status', status: 529 })
    const overloaded = client.messages.create(question)
    await expect(overloaded).rejects.toBeInstanceOf(Anthropic.InternalServerError)
    await expect(overloaded).rejects.toMatchObject({ status: 529, requestID: 'req_0002' })

    server.reply({ kind: 'status', status: 429, retryAfterSeconds: 7 })
    const limited = client.messages.create(question, { maxRetries: 0 })
    await expect(limited).rejects.toBeInstanceOf(Anthropic.RateLimitError)
    expect(server.requests.map(({ retryCount }) => retryCount)).toEqual([0, 1, 0])
  })

  test('a failure that comes with HTTP 200, in the middle of a stream', async () => {
    server.reply({ kind: 'failed' })

    await expect(client.messages.stream(question).finalMessage()).rejects.toMatchObject({
      type: 'overloaded_error',
    })
  })
})

test('what the vendor refuses is refused: an open schema, a limit on numbers, a wrong key', async () => {
  const ask = (schema: Record<string, unknown>): Promise<unknown> =>
    client.messages.create({
      ...question,
      output_config: { format: { type: 'json_schema', schema } },
    })
  const object = { type: 'object', properties: { a: { type: 'number', minimum: 0 } } }

  await expect(ask(object)).rejects.toThrow(/additionalProperties/)
  await expect(ask({ ...object, additionalProperties: false })).rejects.toThrow(/'minimum'/)
  const stranger = client.withOptions({ apiKey: 'sk-other' }).messages.create(question)
  await expect(stranger).rejects.toThrow(/sk-other/)
  expect(server.requests.at(-1)).toMatchObject({
    keyMatched: false,
    headers: { authorization: '[redacted]' },
  })
  expect(JSON.stringify(server.requests)).not.toContain('sk-')
})
