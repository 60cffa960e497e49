import type { LoopStore, Reservation } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/runtime'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createCounterUses, verifyCounters } from './counters.ts'

const now = 1_000
const purse: Reservation = { key: 'budget:purse', bucket: 3, amount: 60, limit: 100 }

async function faultsOf(held: number, ...taken: readonly Partial<Reservation>[]) {
  const uses = createCounterUses()
  for (const [index, some] of taken.entries())
    uses.add([{ ...purse, ...some, runId: `run-${index}`, seq: 2 }])
  const store: LoopStore = {
    ...createMemoryStore(),
    counter: async (_tenant, key, bucket) => (key === purse.key && bucket === 3 ? held : 0),
  }
  const faults = await verifyCounters(store, 'default', uses.all(), now)
  return faults.map(({ runId, seq, fault }) => `${fault} at ${runId}/${seq}`)
}

describe('a counter', () => {
  test('may hold more than was read: others took of it meanwhile, or their records went', async () => {
    expect(await faultsOf(70, {})).toEqual([])
  })

  test('that holds less than was taken was lowered', async () => {
    expect(await faultsOf(59, { amount: 20 }, { amount: 40 })).toEqual(['fold_mismatch at run-1/2'])
  })

  test('of each window is one of its own', async () => {
    expect(await faultsOf(60, {}, { bucket: 2, expiresAt: now })).toEqual([])
    expect(await faultsOf(60, {}, { bucket: 4, expiresAt: now + 1 })).toEqual([
      'fold_mismatch at run-1/2',
    ])
  })

  test('of a window that is over may be forgotten, but not overrun', async () => {
    expect(await faultsOf(0, { expiresAt: now })).toEqual([])
    expect(await faultsOf(0, { expiresAt: now }, { expiresAt: now })).toEqual([
      'illegal at run-1/2',
    ])
  })

  test('goes by the highest limit that anything was judged by', async () => {
    expect(await faultsOf(120, { limit: 200 }, {})).toEqual([])
    expect(await faultsOf(120, {}, {})).toEqual(['illegal at run-1/2'])
  })

  test('adds up fractions in another order than they are read in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 }),
        async (amounts) => {
          const limit = amounts.reduce((sum, amount) => sum + amount, 0)
          const taken = amounts.toReversed().map((amount) => ({ amount, limit }))
          expect(await faultsOf(limit, ...taken)).toEqual([])
        },
      ),
      { seed: 20 },
    )
  })
})
