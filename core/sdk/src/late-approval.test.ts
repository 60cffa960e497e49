import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, verifyStore } from './index.ts'
import { askForPayment, payer, paymentLoop, person } from './payment.fixture.ts'

const hour = 3_600_000

/** Lets the request of a payment stand a second before it expires. */
async function almostExpired(lookUp?: (id: string) => void) {
  const store = createMemoryStore()
  const clock = createTestClock()
  const system = await createLoopSystem({
    loops: [paymentLoop(1)],
    store,
    clock,
    relay: false,
    identity: {
      directory: (_, id) => {
        lookUp?.(id)
        return { roles: ['finance'] }
      },
    },
  })
  const requestId = await askForPayment(system)
  clock.advance(2 * hour - 1000)
  const approve = { requestId, decision: 'approve', actor: person('bob') } as const
  return { ...system, store, clock, requestId, approve }
}

test('a request that expires while its approval is judged is expired, not executed', async () => {
  const waits = { forMs: 0 }
  const { approvals, clock, approve, store, engine } = await almostExpired((id) => {
    if (id === 'bob') clock.advance(waits.forMs)
  })
  waits.forMs = 2000

  expect(await approvals.decide(approve)).toMatchObject({ status: 'refused', reason: 'expired' })
  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ currentState: 'ASKED' })
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})

test.each(['reject', 'abstain'] as const)(
  'a decision to %s while a request expires is too late as well',
  async (decision) => {
    const waits = { forMs: 0 }
    const { approvals, clock, approve, requestId } = await almostExpired((id) => {
      if (id === 'bob') clock.advance(waits.forMs)
    })
    waits.forMs = 2000

    const late = { status: 'refused', reason: 'expired' }
    expect(await approvals.decide({ ...approve, decision })).toMatchObject(late)
    const ended = { status: 'expired', decisions: [] }
    expect(await approvals.get({ id: requestId })).toMatchObject(ended)
  },
)

test('a clock that is ahead does not lead to an approval whose record is after the expiry', async () => {
  const { approvals, requestId, approve, store, engine, relay, clock } = await almostExpired()
  const ahead = createTestClock(clock.now() + hour)
  const other = await createLoopSystem({
    loops: [paymentLoop(1)],
    store,
    clock: ahead,
    relay: false,
  })
  await other.engine.transition({ aggregateId: 'order-1', transitionId: 'nothing', actor: payer })

  expect(await approvals.decide(approve)).toMatchObject({ status: 'refused', reason: 'expired' })
  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ currentState: 'ASKED' })
  clock.advance(1000)
  await relay.drain()
  expect(await approvals.get({ id: requestId })).toMatchObject({ status: 'expired' })
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})
