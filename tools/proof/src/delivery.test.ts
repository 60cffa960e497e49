import { LoopError, sha256Hex, type EventSink, type Identifiers } from '@loop-engine/core'
import { createLog } from '@loop-engine/observability'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import {
  checkInvariants,
  createTestClock,
  createTestIdentifiers,
  type DeliveredEvent,
  type TestClock,
} from '@loop-engine/testing'
import fc from 'fast-check'
import { expect, test } from 'vitest'

import { openSystem, worldOf } from './journey.ts'
import { agent, proofLoop } from './proof-loop.ts'

const runs = 40
const notesEach = 250
const hour = 3_600_000
/** Nothing of this run is ever taken. */
const poisoned = 'order-0'

/** What becomes of one delivery; of the last three the sender cannot tell whether it was taken. */
type Fate = 'taken' | 'refused' | 'crashed' | 'taken, answer lost' | 'silent'

const fates = fc.sample(
  fc.oneof(
    { weight: 200, arbitrary: fc.constant<Fate>('taken') },
    { weight: 100, arbitrary: fc.constantFrom<Fate>('refused', 'crashed', 'taken, answer lost') },
    { weight: 1, arbitrary: fc.constant<Fate>('silent') },
  ),
  { numRuns: 5000, seed: 20260104 },
)

test(
  '20,000 events reach sinks that refuse events, lose answers, hang and are away for three days',
  { timeout: 120_000 },
  async () => {
    const store = createMemoryStore()
    const clock = createTestClock()
    const deliveries: DeliveredEvent[] = []
    const sinks = [erratic(deliveries, clock), away(deliveries, clock, clock.now() + 72 * hour)]
    const limits = { backoffMs: { first: 1000, longest: hour } }
    const { system } = await openSystem(store, 'run', limits, (options) =>
      createLoopSystem({ ...options, clock, sinks, ids: scattered() }),
    )
    await Promise.all(
      Array.from({ length: runs }, async (_, index) => {
        const run = { aggregateId: `order-${index}`, actor: agent }
        await system.engine.start({ ...run, loopId: proofLoop.id })
        for (let note = 0; note < notesEach; note++)
          await system.engine.transition({ ...run, transitionId: 'note', evidence: { sure: true } })
      }),
    )

    for (let next = await store.nextDueAt(); next !== null; next = await store.nextDueAt()) {
      clock.advance(Math.max(0, next - clock.now()))
      await system.relay.drain()
    }

    const heard = new Set(deliveries.map(({ subscriber, event }) => `${subscriber} ${event.id}`))
    const { items: dead } = await system.relay.deadLetters({ limit: 1000 })
    const parked = dead.filter(({ aggregateId }) => aggregateId !== poisoned)
    // Eight failures of which the last was a refusal: one in ten thousand deliveries.
    expect(parked.length).toBeLessThan(20)
    expect(heard.size + parked.length).toBeGreaterThanOrEqual(2 * (runs - 1) * (notesEach + 1))
    expect(deliveries.length).toBeGreaterThan(heard.size)
    await createLog({ store, tenant: 'default', clock }).checkpoint()
    const subscribers = sinks.map(({ name }) => name)
    const seen = { effects: undefined, deliveries, subscribers, sequenced: true }
    expect(await checkInvariants({ ...worldOf(store, []), ...seen })).toEqual([])
  },
)

/** Pauses between deliveries are drawn from salts; those that count up would make every pause the shortest. */
function scattered(): Identifiers {
  const { id, salt } = createTestIdentifiers()
  return { id, salt: () => sha256Hex(salt()).slice(0, 32) }
}

/** Has another fate for each delivery, and hangs now and then for longer than it is given. */
function erratic(deliveries: DeliveredEvent[], clock: TestClock): EventSink {
  let count = 0
  return {
    contract: 'sink/v1',
    name: 'erratic',
    async publish(events) {
      if (events.some(({ subject }) => subject === poisoned)) throw new LoopError('refused', 'no')
      const fate = fates[count++ % fates.length]
      if (fate === 'refused') throw new LoopError('refused', 'not now')
      if (fate === 'crashed') throw new Error('out of memory')
      for (const event of events) deliveries.push({ subscriber: 'erratic', event })
      if (fate === 'taken, answer lost')
        throw new LoopError('unavailable', 'gone', { retryable: true })
      if (fate !== 'silent') return
      clock.advance(31_000)
      await new Promise(() => {})
    },
  }
}

/** Cannot be reached before `until`. */
function away(deliveries: DeliveredEvent[], clock: TestClock, until: number): EventSink {
  return {
    contract: 'sink/v1',
    name: 'away',
    async publish(events) {
      if (events.some(({ subject }) => subject === poisoned)) throw new LoopError('refused', 'no')
      if (clock.now() < until) throw new LoopError('unavailable', 'away', { retryable: true })
      for (const event of events) deliveries.push({ subscriber: 'away', event })
    },
  }
}
