import { canonicalize, isLoopError } from '@loop-engine/core'
import {
  retrieverConformance,
  retrieverCrossCheck,
  startModelServer,
  type ModelReply,
  type ModelServer,
  type RetrieverWireHarness,
} from '@loop-engine/testing'
import { Perplexity } from '@perplexity-ai/perplexity_ai'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { createPerplexityRetriever } from './index.ts'

const harness: RetrieverWireHarness = {
  name: 'perplexity',
  wire: 'perplexity-agent',
  streams: true,
  missing: [],
  create: (connection) => createPerplexityRetriever({ model: 'perplexity/sonar', ...connection }),
}
const sonar: RetrieverWireHarness = {
  ...harness,
  name: 'perplexity with Sonar',
  wire: 'sonar',
  create: (connection) =>
    createPerplexityRetriever({ model: 'sonar', api: 'sonar', ...connection }),
}
retrieverConformance(harness)
retrieverConformance(sonar)
retrieverCrossCheck(harness)
retrieverCrossCheck(sonar)

const question = 'When does the support of Node.js 22 end?'
const found: ModelReply = {
  kind: 'text',
  text: 'In April 2027 [1].',
  sources: [{ url: 'https://nodejs.org/', title: 'Node.js' }],
}

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ wire: 'perplexity-agent' })
})
afterEach(() => {
  server.reset()
  vi.unstubAllEnvs()
})
afterAll(() => server.close())

test('the environment changes nothing', async () => {
  vi.stubEnv('PERPLEXITY_BASE_URL', 'http://127.0.0.1:1')
  vi.stubEnv('PERPLEXITY_API_KEY', 'pplx-of-somebody-else')
  vi.stubEnv('PERPLEXITY_CUSTOM_HEADERS', 'x-gateway: secret')
  server.reply(found)

  await createPerplexityRetriever({ ...access(), model: 'm' }).retrieve(question)

  expect(server.requests[0]?.keyMatched).toBe(true)
  expect(server.requests[0]?.headers).not.toHaveProperty('x-gateway')
})

test('a client that is handed in keeps its fetch', async () => {
  const asked: string[] = []
  const client = new Perplexity({
    apiKey: server.apiKey,
    baseURL: server.baseUrl,
    fetch: (input, init) => (asked.push(new Request(input, init).url), fetch(input, init)),
  })
  server.reply({ kind: 'status', status: 500, retryAfterMs: 1 }, found)

  const { attempts } = await createPerplexityRetriever({ client, model: 'm' }).retrieve(question)

  expect(asked).toHaveLength(2)
  expect(attempts).toMatchObject([{ status: 500 }, { status: 200 }])
})
test('a preset of the Agent API is asked by its name, and Perplexity is asked to store nothing', async () => {
  server.reply(found)

  const { actor } = await createPerplexityRetriever({
    ...access(),
    preset: 'fast-search',
    instructions: 'Be brief.',
    maxOutputTokens: 500,
  }).retrieve(question)

  const [request] = server.requests
  expect(request?.body).toEqual({
    preset: 'fast-search',
    input: question,
    instructions: 'Be brief.',
    max_output_tokens: 500,
    store: false,
    tools: [{ type: 'web_search' }],
  })
  expect(actor).toMatchObject({ modelId: 'preset:fast-search' })
})

test.each([
  [{}, '/model'],
  [{ model: 'm', preset: 'p' }, '/model'],
  [{ preset: 'p', api: 'sonar' }, '/model'],
  [{ model: 'm' }, '/apiKey'],
  [{ model: 'm', apiKey: 'k', schema: z.object({ at: z.date() }) }, '/schema'],
  [{ model: 'm', apiKey: 'k', filters: { after: '2026-02-30' } }, '/filters/after'],
  [{ model: 'm', apiKey: 'k', filters: { domains: ['a.com', '-b.com'] } }, '/filters/domains'],
] as const)('%o is refused before anyone is asked', (options, path) => {
  expect(() => createPerplexityRetriever(options)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path }),
  )
})

test('an empty question is refused', async () => {
  const asked = createPerplexityRetriever({ apiKey: 'k', model: 'm' }).retrieve('  ')

  const error: unknown = await asked.catch((thrown: unknown) => thrown)

  expect(isLoopError(error) && error.code).toBe('invalid_input')
})

function access(): { apiKey: string; baseUrl: string } {
  return { apiKey: server.apiKey, baseUrl: server.baseUrl }
}

test('a question that was cut in the middle of a character is mended, asked, and recorded as asked', async () => {
  server.reply(found)
  const research = createPerplexityRetriever({ ...access(), model: 'm' })

  const { evidence } = await research.retrieve('Until when? 🎉'.slice(0, -1))

  expect(evidence['query']).toBe('Until when? \ufffd')
})

test('an answer or an address with half a character is still recorded', async () => {
  server.reply({
    kind: 'text',
    text: 'In April 2027 \ud83c',
    sources: [{ url: 'https://nodejs.org/\ud83c', title: '' }],
  })
  const research = createPerplexityRetriever({ ...access(), model: 'm' })

  const { answer, evidence } = await research.retrieve(question)

  expect(canonicalize(evidence)).toContain('https://nodejs.org/\ufffd')
  expect(evidence['answer']).toBe('In April 2027 \ufffd')
  expect(answer).toBe(evidence['answer'])
})

test.each([
  ['half a character', 'In English \ud83d', 'invalid_json'],
  ['more than can be hashed', 'x'.repeat(17 * 1024 * 1024), 'too_large'],
])('instructions with %s are never sent, and the error says why', async (_, instructions, code) => {
  const research = createPerplexityRetriever({
    ...access(),
    model: 'm',
    instructions,
    maxRetries: 0,
  })

  const asked = research.retrieve('Until when?')

  await expect(asked).rejects.toMatchObject({ code, path: '/instructions', retryable: false })
  expect(server.requests).toEqual([])
})

test('a time limit that no timer can keep is refused', () => {
  expect(() => createPerplexityRetriever({ ...access(), model: 'm', timeoutMs: Infinity })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' }),
  )
})

test('an unknown option is refused', () => {
  const options = { apiKey: 'k', model: 'perplexity/sonar', filter: { domains: ['example.com'] } }

  expect(() => createPerplexityRetriever(options)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/filter' }),
  )
})
