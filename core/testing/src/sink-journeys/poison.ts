import { expect } from 'vitest'

import type { SinkJourneyHarness } from './harness.ts'
import { journey } from './world.ts'

/** Journeys with an event that the system behind the sink never accepts. */
export function poisonJourneys(harness: SinkJourneyHarness): void {
  journey(
    harness,
    'a refused event becomes a dead letter, and later events of its instance and of all others arrive',
    'one bad event that stops a topic, or is dropped without a word',
    async (world) => {
      await world.start('poisoned')
      await world.start('healthy')
      await world.pass(1)
      await world.bulk('poisoned', harness.largestBytes)
      await world.move('poisoned')
      for (let times = 0; times < 4; times++) await world.move('healthy')

      // Other instances do not wait until the event is given up.
      await world.system.relay.drain()
      const early = new Set(await harness.received())
      const others = world.witnessed.filter(({ subject }) => subject === 'healthy')
      expect(others).toHaveLength(5)
      expect(others.filter(({ id }) => !early.has(id))).toEqual([])

      const poison = world.witnessed.filter(({ type }) => type.includes('suspended'))
      expect(poison).toHaveLength(1)
      await world.settle(poison.map(({ id }) => id))
      await world.complete(poison.map(({ id }) => id))
      const { items } = await world.system.relay.deadLetters()
      expect(items).toMatchObject([{ name: world.sink.name, runId: poison[0]?.partitionkey }])
      // The error holds the reason, and nothing of the event.
      expect(items[0]?.error).toMatch(/^refused: [^\n]{1,100}$/)

      // A person retries the dead letter, although the cause remains. That must not hold up anything else.
      expect(await world.system.relay.retry({ id: items[0]?.id ?? '' })).toBe(true)
      await world.move('poisoned')
      await world.settle(poison.map(({ id }) => id))
      expect((await world.system.relay.deadLetters()).items).toHaveLength(1)
    },
  )
}
