import { createMemoryStore } from '@loop-engine/sdk'
import { checkInvariants } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createFaultyStore, type Fault } from './faulty-store.ts'
import { openSystem, pay, worldOf } from './journey.ts'

/** Every await on the store fails once, before and after the store has acted: exhaustive, not random. */
describe.each<Fault>(['before', 'after'])('a store call that fails %s it acts', (fault) => {
  test('loses nothing and pays once, whichever call it is', async () => {
    const untouched = createFaultyStore(createMemoryStore(), Number.POSITIVE_INFINITY, fault)
    await openSystem(untouched.store)
    const opened = untouched.calls()
    let sites = 0
    for (let failAt = 1; ; failAt++) {
      const broken = createFaultyStore(createMemoryStore(), opened + failAt, fault)
      const { system, clock, effects, bank } = await openSystem(broken.store)
      await pay(system, 'order', clock.advance)
      if (broken.failed() === undefined) break
      sites++
      expect(bank.paid.size, `failing ${broken.failed()} (call ${failAt}) ${fault}`).toBe(1)
      expect(
        await checkInvariants(worldOf(broken.store, effects)),
        `failing ${broken.failed()} (call ${failAt}) ${fault}`,
      ).toEqual([])
    }
    expect(sites).toBeGreaterThan(20)
  })
})
