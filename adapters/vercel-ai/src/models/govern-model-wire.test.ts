import { createOpenAI } from '@ai-sdk/openai'
import { promptHash } from '@loop-engine/core'
import { startModelServer, type ModelServer } from '@loop-engine/testing'
import { generateText, streamText } from 'ai'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { governModel } from './govern-model.ts'
import { createTestSystem } from './model-system.fixture.ts'

let server: ModelServer
beforeAll(async () => {
  server = await startModelServer({ wire: 'openai-responses' })
})
afterAll(() => server.close())

test('a real provider has each attempt recorded with the hash of what left and its ids, without the key', async () => {
  const { engine, runs, everything } = await createTestSystem()
  const { responses } = createOpenAI({ baseURL: server.baseUrl, apiKey: server.apiKey })
  const model = governModel(responses('gpt-5.5'), { engine })
  server.reply(
    { kind: 'status', status: 500, retryAfterMs: 1 },
    { kind: 'text', text: 'Good morning.' },
    { kind: 'text', text: 'Good night.' },
  )

  const { text } = await generateText({ model, prompt: 'Say good morning.' })
  await streamText({ model, prompt: 'Say good night.' }).consumeStream()

  expect(text).toBe('Good morning.')
  const [, second] = server.requests
  const found = await runs()
  const byRequest = (requestId: string) =>
    found.find(({ evidence }) => JSON.stringify(evidence).includes(`"${requestId}"`))
  expect(byRequest('req_0001')).toMatchObject({
    state: 'FAILED',
    evidence: { fail: { failure: { name: 'AI_APICallError', status: 500 } } },
  })
  expect(byRequest('req_0002')).toMatchObject({
    state: 'ANSWERED',
    metadata: { attempt: 2, previousRunId: byRequest('req_0001')?.runId },
    evidence: {
      answer: {
        responseId: 'resp_0002',
        servedModel: 'gpt-5.5-2026-11-01',
        usage: { inputTokens: 120, outputTokens: 30, reasoningTokens: 10 },
        wireHash: promptHash(second?.body),
      },
    },
  })
  expect(byRequest('req_0003')).toMatchObject({
    evidence: { call: { streamed: true }, answer: { responseId: 'resp_0003' } },
  })
  expect(everything()).not.toContain(server.apiKey)
  expect(everything()).not.toMatch(/Bearer|good morning|good night/i)
})
