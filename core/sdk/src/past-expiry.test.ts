import type { Channel } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const alice = { type: 'human', id: 'alice' } as const
const aggregateId = 'order-1'
const hour = 3_600_000

const payment = defineLoop({
  id: 'payment',
  states: ['ASKED', { id: 'PAID', terminal: true }, { id: 'LAPSED', terminal: true }],
  initialState: 'ASKED',
  transitions: [
    {
      id: 'pay',
      from: 'ASKED',
      to: 'PAID',
      actors: ['ai-agent'],
      approval: {
        reviewers: ['role:finance'],
        expiresIn: '2h',
        onExpiry: 'lapse',
        remindEvery: '1h',
        escalate: [{ after: '90m', reviewers: ['role:head'] }],
      },
    },
    { id: 'lapse', from: 'ASKED', to: 'LAPSED', actors: ['system'] },
  ],
})

/** A request that waits, and how often people were told of it. */
async function ask() {
  const clock = createTestClock()
  let told = 0
  const desk: Channel = {
    contract: 'channel/v1',
    name: 'desk',
    notify: async () => void (told += 1),
  }
  const system = await createLoopSystem({
    loops: [payment],
    channels: [desk],
    clock,
    relay: false,
  })
  const { engine } = system
  await engine.start({ loopId: payment.id, aggregateId, actor: agent })
  const asked = await engine.transition({ aggregateId, transitionId: 'pay', actor: agent })
  await system.relay.drain()
  const types = async () =>
    (await Array.fromAsync(engine.history({ aggregateId }))).map(({ entry }) => entry.type)
  return {
    ...system,
    clock,
    types,
    told: () => told,
    requestId: asked.status === 'pending_approval' ? asked.approvalId : '',
  }
}

test('withdrawing an expired request takes the transition that follows its expiry', async () => {
  const { approvals, engine, clock, requestId } = await ask()
  clock.advance(2 * hour)

  expect(await approvals.withdraw({ requestId, actor: agent })).toMatchObject({ status: 'expired' })
  expect(await engine.get({ aggregateId })).toMatchObject({ currentState: 'LAPSED' })
})

test('an expired request is not withdrawn while a stop holds up what follows', async () => {
  const { approvals, engine, relay, clock, requestId } = await ask()
  const stop = { target: { aggregateId }, actor: alice, reason: 'look' }
  await engine.stop(stop)
  clock.advance(2 * hour)
  await relay.drain()

  const refused = { code: 'stopped' }
  await expect(approvals.withdraw({ requestId, actor: agent })).rejects.toMatchObject(refused)
  await engine.release(stop)
  clock.advance(1000)
  await relay.drain()
  expect(await engine.get({ aggregateId })).toMatchObject({ currentState: 'LAPSED' })
})

test('nobody is reminded of an expired request while a stop holds up what follows', async () => {
  const { engine, relay, clock, told } = await ask()
  await engine.stop({ target: { aggregateId }, actor: alice, reason: 'look' })
  clock.advance(2 * hour)
  for (let hours = 0; hours < 10; hours++) {
    clock.advance(hour)
    await relay.drain()
  }

  expect(told()).toBe(1)
})

test('a request that expired during an outage is not escalated afterwards', async () => {
  const { relay, clock, types } = await ask()
  clock.advance(3 * hour)
  await relay.drain()

  expect(await types()).not.toContain('loop.approval.escalated')
  expect(await types()).toContain('loop.approval.expired')
})
