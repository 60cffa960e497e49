import { promptHash, type LoopErrorCode, type ModelProgress } from '@loop-engine/core'
import {
  modelProse,
  startModelServer,
  type ModelReply,
  type ModelServer,
} from '@loop-engine/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { createPerplexityRetriever, type PerplexityOptions } from './index.ts'

const question = 'When does the support of Node.js 22 end?'
const sources = [
  {
    url: 'https://nodejs.org/en/about/previous-releases',
    title: 'Node.js releases',
    snippet: 'v22 is maintained until 30 April 2027.',
    date: '2026-10-01',
  },
  { url: 'https://endoflife.date/nodejs', title: 'Node.js: end of life' },
]
const usage = { inputTokens: 100, outputTokens: 30, costUsd: 0.0125 }
const found: ModelReply = { kind: 'text', text: 'In April 2027 [1][2].', sources, usage }

describe.each([
  ['the Agent API', 'perplexity-agent', 'agent'],
  ['Sonar', 'sonar', 'sonar'],
] as const)('through %s', (_, wire, api) => {
  let server: ModelServer
  beforeAll(async () => {
    server = await startModelServer({ wire })
  })
  afterEach(() => server.reset())
  afterAll(() => server.close())

  const retriever = (options: Partial<PerplexityOptions> = {}) =>
    createPerplexityRetriever({
      apiKey: server.apiKey,
      baseUrl: server.baseUrl,
      model: 'perplexity/sonar',
      api,
      maxRetries: 0,
      clock: { now: () => Date.UTC(2026, 10, 21) },
      ...options,
    })

  test.each([false, true])('an answer comes with its sources (stream: %s)', async (streams) => {
    server.reply({ ...found, pieceBytes: 11 })
    const progress: ModelProgress[] = []

    const grounded = await retriever().retrieve(question, {
      ...(streams && { onProgress: (event: ModelProgress) => progress.push(event) }),
    })

    const [request] = server.requests
    const citations = [
      {
        url: 'https://nodejs.org/en/about/previous-releases',
        title: 'Node.js releases',
        snippet: 'v22 is maintained until 30 April 2027.',
        publishedAt: '2026-10-01',
      },
      { url: 'https://endoflife.date/nodejs', title: 'Node.js: end of life' },
    ]
    expect(grounded).toMatchObject({
      answer: 'In April 2027 [1][2].',
      citations,
      usage,
      requestId: 'req_0001',
      attempts: [{ status: 200, requestId: 'req_0001' }],
      actor: {
        type: 'ai-agent',
        id: 'agent:perplexity',
        provider: 'perplexity',
        modelId: 'perplexity/sonar',
        servedModel: 'perplexity/sonar-2026-11-01',
        promptHash: promptHash(request?.body),
      },
    })
    expect(grounded.evidence).toEqual({
      query: question,
      answer: 'In April 2027 [1][2].',
      citations,
      queries: api === 'agent' ? ['a query of the model'] : [],
      retrievedAt: '2026-11-21T00:00:00.000Z',
      retrievedBy: {
        provider: 'perplexity',
        modelId: 'perplexity/sonar',
        servedModel: 'perplexity/sonar-2026-11-01',
        responseId: grounded.actor.responseId,
        promptHash: grounded.actor.promptHash,
      },
    })
    const heard = progress.flatMap((event) => (event.type === 'text' ? [event.delta] : []))
    expect(heard.join('')).toBe(streams ? grounded.answer : '')
  })

  test.each<[string, ModelReply, LoopErrorCode, boolean]>([
    ['an answer without a source', { kind: 'text', text: modelProse }, 'bad_response', true],
    ['sources without an answer', { kind: 'empty', sources }, 'bad_response', true],
    ['an answer that is cut off', { kind: 'truncated', sources }, 'truncated', false],
  ])(
    '%s is refused, with what it cost and without what it said',
    async (_name, reply, code, retryable) => {
      server.reply(reply)

      const error: unknown = await retriever()
        .retrieve(question)
        .catch((thrown: unknown) => thrown)

      expect(error).toMatchObject({
        code,
        retryable,
        plugin: 'perplexity',
        details: { requestId: 'req_0001', usage: { inputTokens: 120, costUsd: 0.0025 } },
      })
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toMatch(/PROSE|Node/)
    },
  )

  test('a rate limit is reported at once if the wait would be longer than the time limit', async () => {
    server.reply({ kind: 'status', status: 429, retryAfterSeconds: 3600 }, found)

    const asked = retriever({ maxRetries: 2 }).retrieve(question)

    await expect(asked).rejects.toMatchObject({
      code: 'rate_limited',
      details: { attempts: 1, retryAfterMs: 3_600_000, requestId: 'req_0001' },
    })
  })

  test('filters narrow the search, and are sent in the format of the vendor', async () => {
    server.reply(found)
    const filters = { domains: ['nodejs.org'], recency: 'year', after: '2026-01-31' } as const

    await retriever({ filters }).retrieve(question)

    const sent = {
      search_domain_filter: ['nodejs.org'],
      search_recency_filter: 'year',
      search_after_date_filter: '01/31/2026',
    }
    expect(server.requests[0]?.body).toMatchObject(
      api === 'agent' ? { tools: [{ type: 'web_search', filters: sent }] } : sent,
    )
  })

  test('data is requested with the given schema, and validated here', async () => {
    const schema = z.object({ endsOn: z.iso.date() })
    server.reply({ ...found, kind: 'text', text: '{"endsOn":"2027-04-30"}' }, found)

    const { evidence } = await retriever({ schema }).retrieve(question)
    const prose = retriever({ schema }).retrieve(question)

    expect(evidence['data']).toEqual({ endsOn: '2027-04-30' })
    expect(server.requests[0]?.body).toMatchObject({
      response_format: { type: 'json_schema', json_schema: { name: 'answer' } },
    })
    await expect(prose).rejects.toMatchObject({ code: 'bad_response' })
  })

  test('titles and snippets of pages are cut to length, and only web addresses are sources', async () => {
    const url = 'https://example.com/'
    server.reply({
      kind: 'text',
      text: 'Yes.',
      sources: [
        { url: 'javascript:alert(1)', title: 'Click me' },
        { url, title: 't'.repeat(5000), snippet: `${'s'.repeat(999)}😀${'s'.repeat(5000)}` },
        { url, title: 'The same again' },
        ...Array.from({ length: 200 }, (_each, index) => ({ url: `${url}${index}`, title: '' })),
      ],
    })

    const { citations } = await retriever().retrieve(question)

    expect(citations).toHaveLength(50)
    expect(citations[0]?.url).toBe(url)
    expect(citations[0]?.title?.length).toBeLessThan(310)
    expect(citations[0]?.snippet?.length).toBeLessThan(1010)
    expect(citations[0]?.snippet?.isWellFormed()).toBe(true)
  })

  test('an answer that is too large for a record is refused, never cut', async () => {
    const text = `${modelProse}${'x'.repeat(300_000)}`
    server.reply({ kind: 'text', text, sources })

    const error: unknown = await retriever()
      .retrieve(question)
      .catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code: 'too_large', details: { usage: { inputTokens: 120 } } })
    expect(JSON.stringify(error)).not.toContain(modelProse)
  })
})
