import type { CloudEvent } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import type { SinkJourneyHarness } from './harness.ts'
import { outageJourneys } from './outage.ts'
import { poisonJourneys } from './poison.ts'
import { slowJourneys } from './slow.ts'

/**
 * Registers the journeys that every sink passes unchanged: a whole system in front of it, whose clock stands in the
 * test's hands, and what may go wrong behind it. Each names the kind of bug that it keeps out.
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
        sink.publish([event], { signal: new AbortController().signal }),
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
      const published = sink.publish([event], { signal: abort.signal })
      abort.abort()
      await expect(published).rejects.toMatchObject({ code: 'aborted' })
      await expect(sink.publish([event], { signal: abort.signal })).rejects.toMatchObject({
        code: 'aborted',
      })
    } finally {
      await harness.release()
    }
  })
}

const event: CloudEvent = {
  specversion: '1.0',
  id: 'a'.repeat(64),
  source: 'urn:loop-engine:acme:order',
  type: 'dev.loop-engine.loop.transition.executed.v1',
  subject: 'order-1',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  sequence: '0000000000000001.0000',
  partitionkey: 'run-1',
  data: { seq: 1 },
}
