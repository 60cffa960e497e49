import { promptHash } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { answerFacts, finishFacts, responseFacts } from './model-answer.ts'

test('usage and finish reason read the same whether flat, as in v2, or nested, as since v3', () => {
  const flat = {
    finishReason: 'stop',
    usage: { inputTokens: 11, outputTokens: 7, cachedInputTokens: 3, reasoningTokens: 2 },
  }
  const nested = {
    finishReason: { unified: 'stop', raw: 'end_turn' },
    usage: {
      inputTokens: { total: 11, cacheRead: 3 },
      outputTokens: { total: 7, reasoning: 2 },
    },
  }

  expect(finishFacts(nested)).toEqual({ ...finishFacts(flat), rawFinishReason: 'end_turn' })
  expect(finishFacts(flat).usage).toEqual({
    inputTokens: 11,
    outputTokens: 7,
    cachedInputTokens: 3,
    reasoningTokens: 2,
  })
})

test('a fact that the vendor did not send is absent', () => {
  expect(answerFacts({ usage: { inputTokens: { total: undefined } }, response: {} })).toEqual({})
  expect(answerFacts(undefined)).toEqual({})
})

test('a response id that the SDK made up is left out', () => {
  expect(responseFacts({ id: 'aitxt-abc' })).toEqual({})
  expect(responseFacts({ id: 'resp-1' })).toEqual({ responseId: 'resp-1' })
})

test("the served model is the one that the body names, and xAI's cost is kept", () => {
  expect(responseFacts({ modelId: 'gemini-3', body: { modelVersion: 'gemini-3-001' } })).toEqual({
    servedModel: 'gemini-3-001',
  })
  expect(finishFacts({ providerMetadata: { xai: { costInUsdTicks: 5 } } })).toEqual({
    usage: { costUsdTicks: 5 },
  })
})

test('the wire hash is the same for a body as text or as an object; a body that is no JSON has none', () => {
  const body = { model: 'm', input: 'hi', stream: true }
  const wireHash = promptHash({ model: 'm', input: 'hi' })

  expect(answerFacts({ request: { body } })).toEqual({ wireHash })
  expect(answerFacts({ request: { body: JSON.stringify(body) } })).toEqual({ wireHash })
  for (const other of ['a=b', { headers: { authorization: 'x' } }, null])
    expect(answerFacts({ request: { body: other } })).toEqual({})
})
