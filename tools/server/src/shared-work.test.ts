import { expect, test } from 'vitest'

import { createSharedWork } from './shared-work.ts'

test('what was made is shared for as long as it is fresh, and no longer when the clock goes back', async () => {
  let at = 10_000
  let made = 0
  const work = createSharedWork({ now: () => at }, 5000)
  const get = (): Promise<unknown> => work.of(['a'], async () => (made += 1))

  expect([await get(), await get()]).toEqual([1, 1])
  at = 15_000
  expect(await get()).toBe(2)
  at = 14_000
  expect(await get()).toBe(3)
})

test('what is never fresh is made again for everybody who comes later', async () => {
  let at = 10_000
  let made = 0
  const reports = createSharedWork({ now: () => at }, 0)
  const get = (): Promise<unknown> => reports.of(['a'], async () => (made += 1))

  expect(await Promise.all([get(), get()])).toEqual([1, 1])
  at = 9000
  expect(await get()).toBe(2)
})
