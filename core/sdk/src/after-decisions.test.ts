import { createTestClock } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { createLoopSystem, defineLoop } from './index.ts'
import { askForPayment, payer } from './payment.fixture.ts'

const bob = { type: 'human', id: 'bob' } as const
const hour = 3_600_000

/** Payments that lapse when nobody approves them; one may lapse in a month. */
async function open() {
  const clock = createTestClock()
  const loop = defineLoop({
    id: 'payment',
    states: ['ASKED', { id: 'PAID', terminal: true }, { id: 'LAPSED', terminal: true }],
    initialState: 'ASKED',
    transitions: [
      {
        id: 'pay',
        from: 'ASKED',
        to: 'PAID',
        actors: ['ai-agent'],
        approval: { reviewers: ['bob'], expiresIn: '2h', onExpiry: 'lapse', onReject: 'lapse' },
      },
      {
        id: 'lapse',
        from: 'ASKED',
        to: 'LAPSED',
        actors: ['system'],
        guards: [{ id: 'rate-limit', with: { limit: 1, window: '30d', per: 'tenant' } }],
      },
    ],
  })
  const system = await createLoopSystem({ loops: [loop], clock, relay: false })
  const { engine, approvals } = system
  return {
    ...system,
    clock,
    ask: async (aggregateId: string) => askForPayment(system, { aggregateId }),
    reject: async (requestId: string) =>
      approvals.decide({ requestId, decision: 'reject', actor: bob }),
    stateOf: async (aggregateId: string) => (await engine.get({ aggregateId }))?.currentState,
  }
}

describe('the transition that follows an expiry', () => {
  test('waits for the release of a stop', async () => {
    const { engine, relay, approvals, clock, ask, reject, stateOf } = await open()
    const requestId = await ask('order-1')
    const order = { target: { everything: true }, actor: bob, reason: 'looks wrong' } as const
    await engine.stop(order)
    clock.advance(2 * hour)
    await relay.drain()
    expect(await stateOf('order-1')).toBe('ASKED')
    expect(await reject(requestId)).toMatchObject({ status: 'refused', reason: 'expired' })
    expect(await approvals.inbox({ actor: bob })).toEqual([])

    await engine.release(order)
    clock.advance(1000)
    await relay.drain()
    expect(await stateOf('order-1')).toBe('LAPSED')
    expect(await approvals.get({ id: requestId })).toMatchObject({ status: 'expired' })
  })

  test('counts against its limit, and waits when that is reached', async () => {
    const { relay, clock, ask, stateOf } = await open()
    await ask('order-1')
    await ask('order-2')
    clock.advance(2 * hour)
    await relay.drain()
    expect(new Set([await stateOf('order-1'), await stateOf('order-2')])).toEqual(
      new Set(['ASKED', 'LAPSED']),
    )
    expect((await relay.deadLetters()).items).toEqual([])

    clock.advance(31 * 24 * hour)
    await relay.drain()
    expect([await stateOf('order-1'), await stateOf('order-2')]).toEqual(['LAPSED', 'LAPSED'])
  })
})

test('the transition that follows a rejection supersedes the other open requests', async () => {
  const { engine, approvals, ask, reject, stateOf } = await open()
  const requestId = await ask('order-1')
  const again = await engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: payer,
  })
  if (again.status !== 'pending_approval') throw new Error(again.status)

  await reject(again.approvalId)

  expect(await stateOf('order-1')).toBe('LAPSED')
  expect(await approvals.get({ id: requestId })).toMatchObject({ status: 'superseded' })
  const record = await Array.fromAsync(engine.history({ aggregateId: 'order-1' }))
  expect(record.at(-1)?.entry).toMatchObject({
    type: 'loop.approval.superseded',
    approval: { id: requestId, revision: 1 },
  })
})

test('a full limit blocks the transition that follows a rejection, but the rejection stands', async () => {
  const { ask, reject, stateOf, engine } = await open()
  expect(await reject(await ask('order-1'))).toMatchObject({ status: 'rejected' })
  expect(await reject(await ask('order-2'))).toMatchObject({ status: 'rejected' })
  expect(await stateOf('order-1')).toBe('LAPSED')
  expect(await stateOf('order-2')).toBe('ASKED')
  const entries = await Array.fromAsync(engine.history({ aggregateId: 'order-2' }))
  expect(entries.at(-1)).toMatchObject({
    entry: { type: 'loop.transition.rejected', transitionId: 'lapse', reason: 'limit_reached' },
  })
})
