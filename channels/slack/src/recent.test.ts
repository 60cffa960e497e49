import { expect, test } from 'vitest'

import { createRecent } from './recent.ts'

test('what was made is remembered for a while, and no longer when the clock is set back', async () => {
  let at = 10_000_000
  let made = 0
  const recent = createRecent<number>({
    clock: { now: () => at, sleep: async () => undefined },
    forMs: 60_000,
  })
  const take = (): Promise<number> => recent.take('alice', async () => (made += 1)).value

  expect([await take(), await take()]).toEqual([1, 1])
  // A step that corrects the clock forgets nothing.
  at -= 5
  expect(await take()).toBe(1)
  at += 60_005
  expect(await take()).toBe(2)
  at -= 3_600_000
  expect(await take()).toBe(3)
})
