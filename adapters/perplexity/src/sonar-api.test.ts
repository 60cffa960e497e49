import { Perplexity } from '@perplexity-ai/perplexity_ai'
import { expect, test } from 'vitest'

import { createPerplexityRetriever } from './index.ts'

/** Sonar with a fixed answer that the local server cannot give. */
const sonar = (body: string, type = 'application/json') =>
  createPerplexityRetriever({
    api: 'sonar',
    model: 'sonar',
    client: new Perplexity({
      apiKey: 'k',
      maxRetries: 0,
      fetch: () => Promise.resolve(new Response(body, { headers: { 'content-type': type } })),
    }),
  })
const piece = (choice: object, facts: object = {}) =>
  `data: ${JSON.stringify({ id: 'c1', model: 'sonar', choices: [{ index: 0, ...choice }], ...facts })}\n\n`
const said = (content: string) => piece({ delta: { content } })
const streamed = (...pieces: string[]) =>
  sonar(pieces.join(''), 'text/event-stream').retrieve('Well?', { onProgress: () => {} })

test('a failure that arrives with HTTP 200 is an error', async () => {
  const asked = sonar('{"error":{"message":"Well? No.","type":"server_error","code":500}}')

  await expect(asked.retrieve('Well?')).rejects.toMatchObject({
    code: 'unavailable',
    details: { vendorCode: 'server_error' },
  })
})

test('a finish reason named like a property of every object is an unknown reason', async () => {
  const body = { choices: [{ finish_reason: 'constructor', message: { content: 'Well.' } }] }

  await expect(sonar(JSON.stringify(body)).retrieve('Well?')).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  })
})

test('a stream that ends without a finish reason was cut off', async () => {
  const sources = { citations: ['https://nodejs.org/'] }

  await expect(streamed(piece({ delta: { content: 'In April' } }, sources))).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  })
})

test('later pieces without sources or usage do not undo those of earlier pieces', async () => {
  const { answer, citations, usage } = await streamed(
    piece({ delta: { content: 'In ' } }, { citations: ['https://nodejs.org/'] }),
    said('2027.'),
    piece({ delta: {}, finish_reason: 'stop' }, { usage: { prompt_tokens: 3 }, citations: null }),
    'data: {"id":"c1","model":"sonar","choices":[]}\n\n',
    'data: [DONE]\n\n',
  )

  expect(answer).toBe('In 2027.')
  expect(citations).toEqual([{ url: 'https://nodejs.org/' }])
  expect(usage).toEqual({ inputTokens: 3 })
})
