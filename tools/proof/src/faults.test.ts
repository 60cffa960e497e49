import type { LoopStore } from '@loop-engine/core'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { checkInvariants } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createFaultyStore, type Fault } from './faulty-store.ts'
import { openSystem, pay, worldOf } from './journey.ts'

/** A process that has the run in memory reads less for a decision than another one. */
const deciders = ['the same', 'another'] as const
type Decider = (typeof deciders)[number]

/** The process that asks, and the one that decides, over one store. */
async function openSystems(store: LoopStore, decider: Decider) {
  const asking = await openSystem(store)
  if (decider === 'the same') return { ...asking, deciding: asking.system }
  const { clock } = asking
  const other = await openSystem(store, 'other', {}, (options) =>
    createLoopSystem({ ...options, clock }),
  )
  return { ...asking, deciding: other.system }
}

type Systems = Awaited<ReturnType<typeof openSystems>>

/** Runs the journey with its n-th call of the store failing, for every n that it has; returns how many there are. */
async function failEach(
  fault: Fault,
  decider: Decider,
  journey: (broken: ReturnType<typeof createFaultyStore>, systems: Systems) => Promise<void>,
): Promise<number> {
  for (let failAt = 1; ; failAt++) {
    const plan = new Map<number, Fault>()
    const broken = createFaultyStore(createMemoryStore(), plan)
    const systems = await openSystems(broken.store, decider)
    plan.set(broken.calls() + failAt, fault)
    await journey(broken, systems)
    const [failed] = broken.fates()
    if (!failed) return failAt - 1
    const where = `${failed.method} (call ${failAt}) fails: ${fault}`
    expect(systems.bank.paid.size, where).toBe(1)
    expect(await checkInvariants(worldOf(broken.inner, systems.effects)), where).toEqual([])
  }
}

/** Every await on the store fails once, in each way: exhaustive, not random. */
describe.each(deciders)('when %s process decides, a store call', (decider) => {
  test.each(['before', 'after'] as const)(
    'that fails %s it acts loses nothing and pays once, whichever call it is',
    async (fault) => {
      const sites = await failEach(fault, decider, (_, { system, clock, deciding }) =>
        pay(system, 'order', clock.advance, deciding),
      )
      expect(sites).toBeGreaterThan(17)
    },
  )

  test('that hangs until another process took over loses nothing, and the payment is made once, whichever call it is', async () => {
    const sites = await failEach('hang', decider, async (broken, systems) => {
      const { system, clock, deciding } = systems
      const paying = pay(system, 'order', clock.advance, deciding)
      await Promise.race([paying, broken.hung])
      if (broken.fates().length === 0) return
      await takeOver(broken.inner, systems)
      expect(systems.bank.paid.size).toBe(1)
      expect(await checkInvariants(worldOf(broken.inner, systems.effects))).toEqual([])
      // Who hung goes on under leases that it lost, and its client is told what the other one was told.
      broken.wake()
      await paying
    })
    expect(sites).toBeGreaterThan(17)
  })
})

/** The client asks another process with the same keys, when the leases of the first have run out. */
async function takeOver(inner: LoopStore, { clock, bank }: Systems): Promise<void> {
  const other = await openSystem(inner, 'heir', {}, (options) =>
    createLoopSystem({ ...options, integrations: [bank] }),
  )
  other.clock.advance(clock.now() - other.clock.now() + 60_000)
  await pay(other.system, 'order', other.clock.advance)
}
