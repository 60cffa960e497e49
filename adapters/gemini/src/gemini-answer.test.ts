import { expect, test } from 'vitest'

import { readAnswer, readAnswerStream } from './gemini-answer.ts'

const content = { parts: [{ text: '{}' }] }

test.each([
  ['STOP', 'complete'],
  ['MAX_TOKENS', 'truncated'],
  ['CONTINUATION', 'truncated'],
  ['SAFETY', 'filtered'],
  ['RECITATION', 'filtered'],
  ['SPII', 'filtered'],
  ['MALFORMED_FUNCTION_CALL', 'failed'],
  ['A_REASON_OF_TOMORROW', 'failed'],
  [undefined, 'failed'],
])('an answer that ends with %s is %s', (finishReason, end) => {
  expect(readAnswer({ candidates: [{ finishReason, content }] }).end).toBe(end)
})

test('a blocked prompt is refused, with the reason', () => {
  expect(readAnswer({ promptFeedback: { blockReason: 'JAILBREAK' } })).toMatchObject({
    end: 'refused',
    vendorCode: 'JAILBREAK',
  })
})

test('thoughts are left out of an answer but counted as output, and ids are not invented', () => {
  const parts = [{ text: 'Hm.', thought: true }, { text: '{"a":' }, { text: '1}' }]
  const usageMetadata = {
    promptTokenCount: 10,
    toolUsePromptTokenCount: 2,
    cachedContentTokenCount: 4,
    candidatesTokenCount: 5,
    thoughtsTokenCount: 3,
  }

  expect(
    readAnswer({ candidates: [{ finishReason: 'STOP', content: { parts } }], usageMetadata }),
  ).toEqual({
    end: 'complete',
    text: '{"a":1}',
    responseId: null,
    servedModel: undefined,
    usage: { inputTokens: 12, outputTokens: 8, cachedInputTokens: 4, reasoningTokens: 3 },
    vendorCode: 'STOP',
  })
})

test.each([
  [{ trafficType: 'ON_DEMAND' }, undefined],
  [{ candidatesTokenCount: 5 }, { outputTokens: 5 }],
  [{ promptTokenCount: 10 }, { inputTokens: 10, outputTokens: 0 }],
  [{ promptTokenCount: 1.5, candidatesTokenCount: 5, thoughtsTokenCount: -1 }, { outputTokens: 5 }],
  ['many', undefined],
])(
  'from the counts %j only valid ones are taken, and the answer is kept',
  (usageMetadata, usage) => {
    const candidates = [{ finishReason: 'STOP', content }]

    const answer = readAnswer({ candidates, usageMetadata })

    expect(answer).toMatchObject({ end: 'complete', text: '{}' })
    expect(answer.usage).toEqual(usage)
  },
)

test.each([[''], ['x'.repeat(257)], [null], [7]])(
  'an id or a model name that no record takes is left out: %#',
  (name) => {
    const candidates = [{ finishReason: 'STOP', content }]

    expect(readAnswer({ candidates, responseId: name, modelVersion: name })).toMatchObject({
      end: 'complete',
      responseId: null,
      servedModel: undefined,
    })
  },
)

test('an error that arrives as a chunk is a failure, whatever chunks came before', async () => {
  const deltas: string[] = []
  async function* chunks() {
    yield { candidates: [{ content }], responseId: 'r1' }
    yield { error: { code: 503, status: 'UNAVAILABLE', message: 'Overloaded.' } }
  }

  const answer = await readAnswerStream(chunks(), (delta) => deltas.push(delta))

  expect(answer).toMatchObject({ end: 'failed', responseId: 'r1', vendorCode: 'UNAVAILABLE' })
  expect(deltas).toEqual(['{}'])
})
