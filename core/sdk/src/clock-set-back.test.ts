import type { Channel, EventSink } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem } from './index.ts'
import { payer, paymentWith, person } from './payment.fixture.ts'

const hour = 3_600_000

const payment = paymentWith({
  approval: { reviewers: ['role:finance'], expiresIn: '2h' },
  effect: { integration: 'bank', action: 'pay', semantics: 'idempotent' },
})

test('an order is due at once, even if a clock an hour ahead wrote the last entry of the run', async () => {
  const done: string[] = []
  const bank = bankThat(async () => void done.push('paid'))
  const chat: Channel = {
    contract: 'channel/v1',
    name: 'chat',
    async notify() {
      done.push('asked')
    },
  }
  const sink: EventSink = {
    contract: 'sink/v1',
    name: 'audit',
    publish: async () => void done.push('published'),
  }
  const clock = createTestClock()
  const { engine, approvals, relay } = await createLoopSystem({
    loops: [payment],
    clock,
    relay: false,
    integrations: [bank],
    channels: [chat],
    sinks: [sink],
  })
  const target = { aggregateId: 'order-1', actor: payer }
  clock.advance(hour)
  await engine.start({ loopId: payment.id, ...target })
  await relay.drain()
  clock.advance(-hour)
  done.length = 0

  const asked = await engine.transition({ ...target, transitionId: 'pay' })
  await relay.drain()
  expect(new Set(done)).toEqual(new Set(['asked', 'published']))
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  await approvals.decide({
    requestId: asked.approvalId,
    decision: 'approve',
    actor: person('alice'),
  })
  await relay.drain()

  expect(done).toContain('paid')
})
