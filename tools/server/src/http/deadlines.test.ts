import type { Clock } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createDeadlines } from './deadlines.ts'

const never = new Promise<never>(() => {})

/** A clock that is set to whatever somebody sets it to, and whose waits are over at once. */
function movedClock(): Clock & { set(at: number): void } {
  let at = 1_800_000_000_000
  return {
    now: () => at,
    set: (to) => void (at = to),
    sleep: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

test('a clock that goes back keeps nobody waiting', async () => {
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

test('a clock that is put forward ends nothing that has just begun', async () => {
  const clock = movedClock()
  const { race } = createDeadlines(clock, 1000)
  const work = Promise.withResolvers<string>()
  const answer = race(work.promise)
  clock.set(clock.now() + 3_600_000)
  for (let look = 0; look < 5; look++) await clock.sleep(0)
  work.resolve('done')

  expect(await answer).toBe('done')
})
