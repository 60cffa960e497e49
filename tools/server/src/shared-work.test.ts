import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createSharedWork } from './shared-work.ts'

test('a result is shared while it is fresh, and not after the clock went back', async () => {
  const clock = createTestClock(10_000)
  let made = 0
  const work = createSharedWork({ clock, freshMs: 5000, patienceMs: 10_000 })
  const get = (): Promise<unknown> => work.of(['a'], async () => (made += 1))

  expect([await get(), await get()]).toEqual(Array(2).fill({ at: 10_000, result: 1 }))
  clock.advance(5000)
  expect(await get()).toEqual({ at: 15_000, result: 2 })
  clock.advance(-1000)
  expect(await get()).toEqual({ at: 14_000, result: 3 })
})

test('a result that is never fresh is made again for every later caller', async () => {
  const clock = createTestClock()
  let made = 0
  const reports = createSharedWork({ clock, freshMs: 0, patienceMs: 10_000 })
  const get = (): Promise<unknown> => reports.of(['a'], async () => (made += 1))

  expect(await Promise.all([get(), get()])).toMatchObject([{ result: 1 }, { result: 1 }])
  expect(await get()).toMatchObject({ result: 2 })
})

test('long work reports its progress, and its result is there for a caller who asks again', async () => {
  const clock = createTestClock(0)
  const reports = createSharedWork<string>({ clock, freshMs: 0, patienceMs: 10_000 })
  const done = Promise.withResolvers<string>()
  let begun = 0
  const get = (): Promise<unknown> =>
    reports.of(['a'], (onProgress) => {
      begun += 1
      onProgress({ runs: 1, entries: 7 })
      return done.promise
    })

  const first = get()
  clock.advance(10_000)
  expect(await first).toEqual({ at: 0, progress: { runs: 1, entries: 7 } })
  const second = get()
  done.resolve('whole')
  expect(await second).toEqual({ at: 0, result: 'whole' })
  clock.advance(30_000)
  expect(await get()).toEqual({ at: 0, result: 'whole' })
  expect(begun).toBe(1)
  clock.advance(30_000)
  await get()
  expect(begun).toBe(2)
})

test('a result that took longer to make than it stays fresh is kept for a caller who was told to ask again', async () => {
  const clock = createTestClock(0)
  let counted = 0
  const metrics = createSharedWork({ clock, freshMs: 5000, patienceMs: 10_000 })
  const get = (): Promise<unknown> =>
    metrics.of(['a'], async () => {
      clock.advance(6000)
      return (counted += 1)
    })

  expect([await get(), await get()]).toMatchObject([{ result: 1 }, { result: 1 }])
})

test('failed work is started again for a caller who asks again', async () => {
  const clock = createTestClock(0)
  const reports = createSharedWork<number>({ clock, freshMs: 5000, patienceMs: 10_000 })
  const failed = Promise.withResolvers<number>()

  const first = reports.of(['a'], () => failed.promise)
  clock.advance(10_000)
  expect(await first).toHaveProperty('progress')
  failed.reject(new Error('The store is away.'))
  await expect(failed.promise).rejects.toThrow('away')
  expect(await reports.of(['a'], async () => 2)).toMatchObject({ result: 2 })
})
