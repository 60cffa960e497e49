import { LoopError, type EventSink } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem } from './index.ts'
import { payer, paymentLoop } from './payment.fixture.ts'

const hour = 3_600_000

test('an event waits out an outage of most of a day', async () => {
  const clock = createTestClock()
  const back = clock.now() + 22 * hour
  let heard = 0
  const sink: EventSink = {
    contract: 'sink/v1',
    name: 'away',
    publish: async () => {
      if (clock.now() < back) throw new LoopError('unavailable', 'Away.', { retryable: true })
      heard += 1
    },
  }
  const { engine, relay } = await createLoopSystem({
    loops: [paymentLoop(1)],
    sinks: [sink],
    clock,
    relay: false,
  })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })

  for (; clock.now() < back + 60_000; clock.advance(5000)) await relay.drain()
  await relay.drain()

  expect((await relay.deadLetters()).items).toEqual([])
  expect(heard).toBe(1)
})
