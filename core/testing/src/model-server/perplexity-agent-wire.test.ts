import Perplexity from '@perplexity-ai/perplexity_ai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startModelServer, type ModelServer } from './model-server.ts'

let server: ModelServer
let client: Perplexity
beforeAll(async () => {
  server = await startModelServer({ wire: 'perplexity-agent' })
  client = new Perplexity({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const question = { model: 'sonar-test', input: 'Is it so?' }
const sources = [
  { url: 'https://example.com/a', title: 'A', snippet: 'It is.', date: '2026-11-01' },
]
const grounded = {
  status: 'completed',
  output: [
    { type: 'search_results', results: [{ id: 1, url: 'https://example.com/a' }] },
    { type: 'message', content: [{ type: 'output_text', text: 'Yes.' }] },
  ],
  usage: { cost: { currency: 'USD', total_cost: 0.0025 } },
}

test('the official Perplexity SDK reads an answer with its sources and its price', async () => {
  server.reply({ kind: 'text', text: 'Yes.', sources })

  const response = await client.responses.create(question)

  expect(response).toMatchObject({ id: 'resp_0001', ...grounded })
})

test('and a stream that ends with the same', async () => {
  server.reply({ kind: 'text', text: 'Yes.', sources, pieceBytes: 9 })

  const events = await Array.fromAsync(await client.responses.create({ ...question, stream: true }))

  expect(events.filter(({ type }) => type === 'response.output_text.delta').length).toBeGreaterThan(
    1,
  )
  expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: grounded })
})

test('a failure comes with HTTP 200, and alone in its event', async () => {
  server.reply({ kind: 'failed' }, { kind: 'failed' })

  expect(await client.responses.create(question)).toMatchObject({ status: 'failed' })
  const events = await Array.fromAsync(await client.responses.create({ ...question, stream: true }))
  expect(events.at(-1)).toMatchObject({ type: 'response.failed', error: { type: 'server_error' } })
})

test('a member that it does not know is refused, as is a text format in the way of OpenAI', async () => {
  const wrong = { ...question, text: { format: { type: 'json_schema' } } }

  await expect(client.responses.create(wrong)).rejects.toThrow('unknown field \\"text\\"')
})
