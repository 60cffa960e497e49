import { deepFreeze, isLoopError, type EventSink } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { sinkEvent, sinkSecret } from './sink-event.ts'

/** Gives the suite the sink under test. */
export interface SinkHarness {
  readonly name: string
  create(): Promise<EventSink> | EventSink
  /** The ids of the events that readers of the sink received, in order, with repetitions. */
  received(): Promise<readonly string[]> | readonly string[]
  /** Makes the system behind the sink fail from now on. */
  fail(): Promise<void> | void
}

/** Registers the tests that every sink passes unchanged. */
export function sinkConformance(harness: SinkHarness): void {
  const context = { signal: new AbortController().signal }

  describe(`${harness.name} keeps the sink contract`, () => {
    test('it names itself and its contract', async () => {
      expect(await harness.create()).toMatchObject({
        contract: 'sink/v1',
        name: expect.stringMatching(/./),
      })
    })

    test('events arrive in the order in which they were published', async () => {
      const sink = await harness.create()
      const events = [1, 2, 3].map(sinkEvent)

      await sink.publish(deepFreeze(events.slice(0, 2)), context)
      await sink.publish(deepFreeze(events.slice(2)), context)

      expect(await harness.received()).toEqual(events.map(({ id }) => id))
    })

    test('publishing no events delivers none', async () => {
      const sink = await harness.create()

      await sink.publish([], context)

      expect(await harness.received()).toEqual([])
    })

    test('each failure is thrown as retryable, so that the relay delivers again', async () => {
      const sink = await harness.create()
      await harness.fail()

      for (let delivery = 1; delivery <= 2; delivery++) {
        const error: unknown = await sink.publish([sinkEvent(1)], context).then(
          () => 'The sink did not throw, so the events count as delivered.',
          (thrown: unknown) => thrown,
        )
        expect(error).toBeInstanceOf(Error)
        if (isLoopError(error)) expect(error).toMatchObject({ retryable: true })
        expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(sinkSecret)
      }
    })
  })
}
