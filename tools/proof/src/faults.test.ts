import type { LoopStore } from '@loop-engine/core'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { checkInvariants } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createFaultyStore, type Fault } from './faulty-store.ts'
import { openSystem, pay, worldOf } from './journey.ts'

const faults: readonly Fault[] = ['before', 'after']
/** A process that has the run in memory reads less for a decision than another one. */
const deciders = ['the same', 'another'] as const

/** The process that asks, and the one that decides, over one store. */
async function openSystems(store: LoopStore, decider: (typeof deciders)[number]) {
  const asking = await openSystem(store)
  if (decider === 'the same') return { ...asking, deciding: asking.system }
  const { clock } = asking
  const other = await openSystem(store, 'other', {}, async (options) =>
    createLoopSystem({ ...options, clock }),
  )
  return { ...asking, deciding: other.system }
}

/** Every await on the store fails once, before and after the store has acted: exhaustive, not random. */
describe.each(faults.flatMap((fault) => deciders.map((decider) => ({ fault, decider }))))(
  'a store call that fails $fault it acts, when $decider process decides',
  ({ fault, decider }) => {
    test('loses nothing and pays once, whichever call it is', async () => {
      const untouched = createFaultyStore(createMemoryStore(), Number.POSITIVE_INFINITY, fault)
      await openSystems(untouched.store, decider)
      const opened = untouched.calls()
      let sites = 0
      for (let failAt = 1; ; failAt++) {
        const broken = createFaultyStore(createMemoryStore(), opened + failAt, fault)
        const { system, deciding, clock, effects, bank } = await openSystems(broken.store, decider)
        await pay(system, 'order', clock.advance, deciding)
        if (broken.failed() === undefined) break
        sites++
        expect(bank.paid.size, `failing ${broken.failed()} (call ${failAt}) ${fault}`).toBe(1)
        expect(
          await checkInvariants(worldOf(broken.store, effects)),
          `failing ${broken.failed()} (call ${failAt}) ${fault}`,
        ).toEqual([])
      }
      expect(sites).toBeGreaterThan(17)
    })
  },
)
