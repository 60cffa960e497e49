import { LoopError } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat, paymentByBank } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const

const payment = paymentByBank({ semantics: 'at-most-once', onSuccess: 'paid' })

test.each(['the relay', 'a drain'])(
  'close waits for the effect that %s has begun, begins no other effect, and loses no report',
  async (by) => {
    const begun = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    let payments = 0
    const bank = bankThat(async () => {
      payments += 1
      begun.resolve()
      await answer.promise
    })
    const store = createMemoryStore()
    let isOpen = true
    const { engine, relay, close } = await createLoopSystem({
      loops: [payment],
      integrations: [bank],
      store: {
        ...store,
        async commit(plans) {
          if (!isOpen) throw new LoopError('closed', 'The store was closed.')
          return store.commit(plans)
        },
        // What was recorded can still be read.
        close: async () => void (isOpen = false),
      },
      clock: createTestClock(),
      limits: { concurrency: 1 },
      relay: false,
    })
    for (const aggregateId of ['order-1', 'order-2']) {
      await engine.start({ loopId: 'payment', aggregateId, actor: agent })
      await engine.transition({ aggregateId, transitionId: 'pay', actor: agent })
    }
    const draining = by === 'a drain' ? relay.drain() : relay.start()
    await begun.promise

    const closing = close()
    const late = relay.drain()
    answer.resolve()
    await Promise.all([closing, draining])

    expect(await late).toBe(0)
    expect(payments).toBe(1)
    expect(await store.get('default', 'order-1')).toMatchObject({ currentState: 'PAID' })
    expect(await store.get('default', 'order-2')).toMatchObject({ currentState: 'PAYING' })
  },
)
