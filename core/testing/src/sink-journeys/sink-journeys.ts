import { describe, expect, test } from 'vitest'

import { sinkEvent } from '../sink-event.ts'
import type { SinkJourneyHarness } from './harness.ts'
import { outageJourneys } from './outage.ts'
import { poisonJourneys } from './poison.ts'
import { slowJourneys } from './slow.ts'

/**
 * Registers the journeys that every sink passes unchanged. A whole system publishes
 * to the sink, the test moves the clock of that system, and something may go wrong
 * behind the sink. Each journey names the kind of bug that it prevents.
 */
export function sinkJourneys(harness: SinkJourneyHarness): void {
  describe(`${harness.name}: whoever publishes hears what became of it`, () => {
    answerTests(harness)
  })
  describe(`${harness.name}: nothing is lost, and each instance stays in order`, () => {
    outageJourneys(harness)
  })
  describe(`${harness.name}: a poisoned event hurts nobody else`, () => {
    poisonJourneys(harness)
  })
  describe(`${harness.name}: a slow reader slows nobody else`, () => {
    slowJourneys(harness)
  })
}

function answerTests(harness: SinkJourneyHarness): void {
  test('what is away may be asked again', async () => {
    const sink = await harness.create()
    await harness.fail()

    try {
      await expect(
        sink.publish([sinkEvent(1)], { signal: new AbortController().signal }),
      ).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    } finally {
      await harness.recover()
    }
  })

  test('an abort ends what waits', async () => {
    const sink = await harness.create()
    const abort = new AbortController()
    await harness.hold()

    try {
      const published = sink.publish([sinkEvent(1)], { signal: abort.signal })
      abort.abort()
      await expect(published).rejects.toMatchObject({ code: 'aborted' })
      await expect(sink.publish([sinkEvent(1)], { signal: abort.signal })).rejects.toMatchObject({
        code: 'aborted',
      })
    } finally {
      await harness.release()
    }
  })
}
