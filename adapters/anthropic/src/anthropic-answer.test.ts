import { expect, test } from 'vitest'

import { readMessage } from './anthropic-answer.ts'

const message = {
  id: 'msg_1',
  model: 'claude',
  content: [{ type: 'text', text: '{}' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 4 },
}

test.each([[''], ['x'.repeat(257)], [null], [7]])(
  'an id or a model name that no record takes is left out: %#',
  (name) => {
    expect(readMessage({ ...message, id: name, model: name })).toMatchObject({
      end: 'complete',
      responseId: null,
      servedModel: undefined,
    })
  },
)

test.each([
  [undefined, undefined],
  ['many', undefined],
  [{ input_tokens: null, cache_read_input_tokens: 2 }, { cachedInputTokens: 2 }],
  [{ input_tokens: 1.5, output_tokens: 4 }, { outputTokens: 4 }],
  [{ input_tokens: 3, output_tokens: -1 }, { inputTokens: 3 }],
])('from the counts %j only valid ones are taken, and the answer is kept', (usage, expected) => {
  const answer = readMessage({ ...message, usage })

  expect(answer).toMatchObject({ end: 'complete', text: '{}' })
  expect(answer.usage).toEqual(expected)
})
