import type { Clock } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createDeadlines } from './deadlines.ts'

const never = new Promise<never>(() => {})

/** A clock that the test sets, and whose sleeps end at once. */
function movedClock(): Clock & { set(at: number): void } {
  let at = 1_800_000_000_000
  return {
    now: () => at,
    set: (to) => void (at = to),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

test('a request times out although the clock goes back', async () => {
  const clock = movedClock()
  const { race } = createDeadlines(clock, 1000)
  const before = race(never)
  clock.set(clock.now() - 3_600_000)
  const after = race(never)

  expect(await Promise.allSettled([before, after])).toMatchObject([
    { reason: { code: 'timeout' } },
    { reason: { code: 'timeout' } },
  ])
})

test('a clock that is put forward does not end a request that has just begun', async () => {
  const clock = movedClock()
  const { race } = createDeadlines(clock, 1000)
  const work = Promise.withResolvers<string>()
  const answer = race(work.promise)
  clock.set(clock.now() + 3_600_000)
  for (let look = 0; look < 5; look++) await clock.sleep(0)
  work.resolve('done')

  expect(await answer).toBe('done')
})
