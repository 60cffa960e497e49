import { LoopError } from '@loop-engine/core'
import { expect } from 'vitest'

import type { SinkJourneyHarness } from './harness.ts'
import { journey } from './world.ts'

/** Journeys in which the system behind the sink is away, or its answer is lost. */
export function outageJourneys(harness: SinkJourneyHarness): void {
  const instances = ['machine-1', 'machine-2', 'machine-3']

  journey(
    harness,
    'an outage of an hour loses nothing, and each instance stays in order',
    'retries that give up, skip or overtake',
    async (world) => {
      for (const id of instances) await world.start(id)
      await world.pass(1)
      await harness.fail()
      for (let passed = 0; passed < 60; passed++) {
        // People go on working meanwhile, on three instances in turn.
        if (passed % 5 === 0) await world.move(instances[(passed / 5) % 3] ?? '')
        await world.pass(1)
      }
      expect((await world.system.relay.deadLetters()).items).toEqual([])

      await harness.recover()
      await world.settle()

      expect(world.witnessed).toHaveLength(15)
      await world.complete()
    },
  )

  const once = new Set<string>()
  journey(
    harness,
    'an event that is delivered again has the same id, and no other event appears',
    'repetitions that readers cannot recognise',
    async (world) => {
      for (const id of instances) await world.start(id)
      for (const id of instances) await world.move(id)

      await world.settle()

      expect(once.size).toBe(6)
      await world.complete()
    },
    {
      // The system takes the first delivery of each event, but its answer is lost.
      wrap: (sink) => ({
        ...sink,
        async publish(events, context) {
          await sink.publish(events, context)
          const [first] = events
          if (first === undefined || once.has(first.id)) return
          once.add(first.id)
          throw new LoopError('unavailable', 'The answer was lost.', { retryable: true })
        },
      }),
    },
  )
}
