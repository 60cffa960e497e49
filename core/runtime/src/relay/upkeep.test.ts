import type { LoopStore } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { defaultLimits } from '../limits.ts'
import { createUpkeep } from './upkeep.ts'

const hour = 3_600_000

function open(prune: LoopStore['prune']): {
  keepUp: () => Promise<void>
  reported: unknown[]
  pass(ms: number): void
} {
  let now = 100 * 86_400_000
  const reported: unknown[] = []
  const keepUp = createUpkeep({
    store: { prune } as LoopStore,
    clock: { now: () => now, sleep: async () => {} },
    limits: defaultLimits,
    report: (error) => reported.push(error),
  })
  return { keepUp, reported, pass: (ms) => void (now += ms) }
}

describe('upkeep', () => {
  test('forgets keys of thirty days ago at the start and then once an hour', async () => {
    const asked: number[] = []
    const { keepUp, pass } = open(async (before) => asked.push(before))

    await keepUp()
    pass(hour - 1)
    await keepUp()
    pass(1)
    await keepUp()

    expect(asked).toEqual([70 * 86_400_000, 70 * 86_400_000 + hour])
  })

  test('goes on every hour after the clock was set back', async () => {
    const asked: number[] = []
    const { keepUp, pass } = open(async (before) => asked.push(before))

    pass(1000 * hour)
    await keepUp()
    pass(-1000 * hour)
    await keepUp()
    await keepUp()
    pass(hour)
    await keepUp()

    expect(asked.map((before) => (before - 70 * 86_400_000) / hour)).toEqual([1000, 0, 1])
  })

  test('a store that is away is reported and asked again in an hour', async () => {
    let asked = 0
    const { keepUp, pass, reported } = open(async () => {
      asked += 1
      throw new Error('away')
    })

    await keepUp()
    await keepUp()
    pass(hour)
    await keepUp()

    expect(asked).toBe(2)
    expect(reported).toHaveLength(2)
  })
})
