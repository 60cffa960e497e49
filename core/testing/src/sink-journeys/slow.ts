import type { CloudEvent } from '@loop-engine/core'
import { expect } from 'vitest'

import type { SinkJourneyHarness } from './harness.ts'
import { journey, type World } from './world.ts'

/** Journeys in which the system behind the sink is slow. */
export function slowJourneys(harness: SinkJourneyHarness): void {
  let givenUp = 0
  journey(
    harness,
    'while the sink stands still the engine and other sinks go on, and afterwards everything arrives',
    'one slow reader that takes every worker',
    async (world) => {
      await world.start('first')
      await received(world)
      await harness.hold()
      try {
        // More instances than the deliveries that may be in progress at once.
        for (let at = 0; at < 24; at++) await world.start(`machine-${at}`)
        for (let at = 0; at < 24; at++) await world.move(`machine-${at}`)
        const from = world.clock.now()
        await until(() => {
          world.clock.advance(100)
          return world.witnessed.length === 49
        })
        // Well before any delivery is given up: giving up would free a place too, and prove nothing.
        expect(world.clock.now() - from).toBeLessThan(25_000)
        expect(givenUp).toBe(0)
      } finally {
        await harness.release()
      }

      await received(world)
      await world.complete()
      expect((await world.system.relay.deadLetters()).items).toEqual([])
    },
    {
      running: true,
      wrap: (sink) => ({
        ...sink,
        publish: (events, context) =>
          sink.publish(events, context).catch((error: unknown) => {
            givenUp++
            throw error
          }),
      }),
    },
  )

  const gate = Promise.withResolvers<void>()
  journey(
    harness,
    'while the events of one instance wait, those of the others arrive',
    'a queue in the sink that all instances share',
    async (world) => {
      await world.start('slow')
      for (const id of ['other-1', 'other-2']) await world.start(id)
      await world.move('slow')
      for (const id of ['other-1', 'other-2']) await world.move(id)
      const isSlow = ({ subject }: CloudEvent): boolean => subject === 'slow'

      await until(() => world.witnessed.length === 6)
      const others = world.witnessed.filter((event) => !isSlow(event)).map(({ id }) => id)
      await until(async () => (await harness.received()).length === others.length)
      expect((await harness.received()).toSorted()).toEqual(others.toSorted())

      gate.resolve()
      await received(world)
      await world.complete()
    },
    {
      running: true,
      wrap: (sink) => ({
        ...sink,
        async publish(events, context) {
          if (events.some(({ subject }) => subject === 'slow')) await gate.promise
          await sink.publish(events, context)
        },
      }),
    },
  )

  /** Lets time pass, so that retries become due, until everything that the witness heard has been received. */
  async function received(world: World): Promise<void> {
    await until(async () => {
      world.clock.advance(1000)
      const got = new Set(await harness.received())
      return world.witnessed.length > 0 && world.witnessed.every(({ id }) => got.has(id))
    })
  }
}

/** Lets I/O proceed until `isSo` is true. If it never is, the time limit of the test ends the wait. */
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setImmediate(resolve))
}
