import { isLoopError, type EventSink } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem } from './index.ts'
import { payer, paymentLoop } from './payment.fixture.ts'

/** An error of which nothing can be read, such as a revoked proxy. */
function unreadable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

test('an unreadable value is not a LoopError', () => {
  expect(isLoopError(unreadable())).toBe(false)
})

test('a sink that throws an unreadable value ends in a dead letter, like any other failing sink', async () => {
  const clock = createTestClock()
  const sink: EventSink = {
    contract: 'sink/v1',
    name: 'broken',
    publish: async () => Promise.reject(unreadable()),
  }
  const { engine, relay } = await createLoopSystem({
    loops: [paymentLoop(1)],
    sinks: [sink],
    clock,
    relay: false,
    limits: { maxNotifications: 1 },
  })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })

  await relay.drain()

  expect((await relay.deadLetters()).items).toMatchObject([{ kind: 'publish', error: 'threw' }])
})
