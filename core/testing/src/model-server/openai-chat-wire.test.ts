import OpenAI from 'openai'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startModelServer, type ModelServer } from './model-server.ts'

let server: ModelServer
let client: OpenAI
beforeAll(async () => {
  server = await startModelServer({ wire: 'openai-chat' })
  client = new OpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey, maxRetries: 0 })
})
beforeEach(() => server.reset())
afterAll(() => server.close())

const question = { model: 'gpt-test', messages: [{ role: 'user' as const, content: 'Well?' }] }
const value = { signal: 'approve' }
const sources = [{ url: 'https://example.com/a', title: 'A', date: '2026-11-01' }]

test.each([
  ['decision', { finish_reason: 'stop', message: { content: JSON.stringify(value) } }],
  ['refusal', { finish_reason: 'stop', message: { content: null } }],
  ['truncated', { finish_reason: 'length' }],
  ['content_filter', { finish_reason: 'content_filter' }],
] as const)(
  'the official OpenAI SDK reads %s alike with and without a stream',
  async (kind, choice) => {
    const reply = kind === 'decision' ? { kind, value } : { kind }
    server.reply(reply, reply)

    const completion = await client.chat.completions.create(question)
    const stream = client.chat.completions.stream({
      ...question,
      stream_options: { include_usage: true },
    })
    const events = await Array.fromAsync(stream)

    const counted = { prompt_tokens: 120, completion_tokens: 30 }
    expect(completion).toMatchObject({ id: 'chatcmpl_0001', usage: counted, choices: [choice] })
    expect(events.at(-1)).toMatchObject({ id: 'chatcmpl_0002', usage: counted })
    expect(events.at(-2)).toMatchObject({ choices: [{ finish_reason: choice.finish_reason }] })
  },
)

test('as Sonar it brings citations, search results and a price', async () => {
  const sonar = await startModelServer({ wire: 'sonar' })
  const perplexity = new OpenAI({ baseURL: sonar.baseUrl, apiKey: sonar.apiKey, maxRetries: 0 })
  sonar.reply({ kind: 'text', text: 'Yes [1].', sources }, { kind: 'text', text: 'Yes', sources })

  const completion = await perplexity.chat.completions.create(question)
  const chunks = await Array.fromAsync(
    await perplexity.chat.completions.create({ ...question, stream: true }),
  )
  await sonar.close()

  const grounding = {
    citations: ['https://example.com/a'],
    search_results: [{ url: 'https://example.com/a', title: 'A', date: '2026-11-01' }],
    usage: { cost: { total_cost: 0.0025 } },
  }
  expect(completion).toMatchObject(grounding)
  expect(chunks.at(-1)).toMatchObject(grounding)
})
