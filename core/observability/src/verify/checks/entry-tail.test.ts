import { canonicalize } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { holdsNumber, holdsText, tailOf, typeOf } from './entry-tail.ts'

const prevHash = 'ab'.repeat(32)
const plain = {
  v: 1,
  tenant: 'default',
  runId: 'run-1',
  seq: 12,
  prevHash,
  type: 'loop.transition.executed',
  at: 1000,
  actor: { type: 'human', id: 'alice' },
}
const whole = {
  ...plain,
  reason: 'because "he" said \\',
  receipt: 'cd'.repeat(32),
  receiptExpiresAt: 99,
  status: 'completed',
  toState: 'DONE',
  traceparent: '00-1-2-01',
  transitionId: 'go "on" \\',
}

describe('the tail of a body', () => {
  test.each([
    ['the fewest fields', plain],
    ['every field, with escapes', whole],
    ['a nested field of the same name', { ...whole, data: { prevHash: 'x', runId: 'y', v: 1 } }],
    ['a text that looks like one', { ...whole, message: `"prevHash":"${prevHash}","runId":"y"` }],
  ])('is found with %s', (_, entry: Partial<typeof whole> & typeof plain) => {
    const body = canonicalize(entry)

    const tail = tailOf(body)

    if (!tail) throw new Error('There is a tail.')
    expect(body.slice(-tail.length).startsWith(`"prevHash":"${prevHash}"`)).toBe(true)
    expect(holdsText(body, tail.prevHash, prevHash)).toBe(true)
    expect(holdsText(body, tail.runId, 'run-1')).toBe(true)
    expect(holdsNumber(body, tail.seq, 12)).toBe(true)
    expect(holdsNumber(body, tail.seq, 1)).toBe(false)
    expect(typeOf(body)).toBe(plain.type)
    for (const field of ['status', 'toState', 'transitionId'] as const) {
      const value = entry[field]
      expect(tail[field] === -1).toBe(value === undefined)
      const holds = (text: string): boolean => holdsText(body, tail[field], text)
      expect(value === undefined || holds(value)).toBe(true)
      expect(value !== undefined && holds(`${value}x`)).toBe(false)
    }
  })

  test.each([
    '',
    '{}',
    '{"prevHash":"',
    canonicalize(plain).slice(0, -1),
    `${canonicalize(plain)} `,
  ])('is nothing in %j', (body) => {
    expect(tailOf(body)).toBeNull()
  })

  test('a backslash of a text is not taken for an escape', () => {
    const body = canonicalize({ ...plain, transitionId: 'a\nb' })

    expect(holdsText(body, tailOf(body)?.transitionId ?? 0, 'a\\nb')).toBe(false)
  })
})
