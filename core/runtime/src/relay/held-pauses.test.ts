import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createHeldPauses } from './held-pauses.ts'

test('a little that is held up is tried again each second', () => {
  const clock = createTestClock()
  const held = createHeldPauses(clock)
  for (let cycle = 0; cycle < 5; cycle++) {
    const pauses = Array.from({ length: 10 }, () => held.nextMs())
    expect(Math.min(...pauses)).toBe(1000)
    expect(Math.max(...pauses)).toBeLessThan(1100)
    clock.advance(1100)
  }
})

test('of much that is held up a hundred are tried in a second, and each within half a minute', () => {
  const held = createHeldPauses(createTestClock())
  const pauses = Array.from({ length: 5000 }, () => held.nextMs())

  expect(pauses.filter((ms) => ms >= 5000 && ms < 6000)).toHaveLength(100)
  expect(Math.max(...pauses)).toBe(30_000)
})

test('a clock that is set back by an hour costs half a minute', () => {
  let now = 3_600_000
  const held = createHeldPauses({ ...createTestClock(), now: () => now })
  held.nextMs()
  now = 0
  expect(held.nextMs()).toBe(30_000)
  now = 30_000
  expect(held.nextMs()).toBe(1000)
})
