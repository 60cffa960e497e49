import { expect, test } from 'vitest'

import { createModelOutput } from './model-output.ts'

const hear = (parts: readonly object[]) => {
  const output = createModelOutput()
  for (const part of parts) output.add(part)
  return output
}
const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'refund', input: '{"amount":10}' }
const picture = { type: 'file', mediaType: 'image/png' }

test('an answer has the same hash whole or in pieces, in any major', () => {
  const whole = hear([
    { type: 'reasoning', text: 'Hm.' },
    { type: 'text', text: 'Hello.', providerMetadata: { openai: { itemId: 'i1' } } },
    { ...picture, data: 'AQID' },
    call,
  ])
  const pieces = hear([
    { type: 'stream-start', warnings: [] },
    { type: 'reasoning-start', id: 'r' },
    { type: 'text-start', id: 't' },
    { type: 'reasoning-delta', id: 'r', delta: 'Hm.' },
    { type: 'text-delta', id: 't', delta: 'Hel' },
    { type: 'text-delta', id: 't', delta: 'lo.' },
    { ...picture, data: { type: 'data', data: new Uint8Array([1, 2, 3]) } },
    { ...call, providerMetadata: { google: { thoughtSignature: 's' } } },
  ])

  expect(pieces.hash()).toBe(whole.hash())
  expect(pieces.words()).toMatchObject({ text: 'Hello.', reasoning: 'Hm.' })
  expect(hear([call, { type: 'text', text: 'Hello!' }]).hash()).not.toBe(whole.hash())
})

test('a tool call that the vendor runs itself is not counted as asked of this side', () => {
  const { toolCalls } = hear([call, { ...call, toolCallId: 'c2', providerExecuted: true }])

  expect(toolCalls).toEqual([{ toolCallId: 'c1', toolName: 'refund' }])
})

test('text that is too long for a record is cut', () => {
  const long = 'x'.repeat(40_000)
  const { text, toolCalls } = hear([
    { type: 'text-delta', id: 't', delta: long },
    { type: 'text-delta', id: 't', delta: 7 },
    { ...call, input: { amount: 10 } },
  ]).words()

  expect(text).toEqual({ cut: true, length: 40_000, text: 'x'.repeat(32_768) })
  expect(toolCalls).toEqual([{ toolCallId: 'c1', toolName: 'refund', input: '' }])
})
