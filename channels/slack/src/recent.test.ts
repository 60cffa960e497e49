import { expect, test } from 'vitest'

import { createRecent } from './recent.ts'

test('a value is remembered for a while, and not after the clock was set back far', async () => {
  let at = 10_000_000
  let made = 0
  const recent = createRecent<number>({
    clock: { now: () => at, sleep: async () => undefined },
    forMs: 60_000,
  })
  const take = (): Promise<number> => recent.take('alice', async () => (made += 1)).value

  expect([await take(), await take()]).toEqual([1, 1])
  // A small correction of the clock drops nothing.
  at -= 5
  expect(await take()).toBe(1)
  at += 60_005
  expect(await take()).toBe(2)
  at -= 3_600_000
  expect(await take()).toBe(3)
})
