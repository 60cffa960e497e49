import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop, verifyStore } from './index.ts'
import { askForPayment, payer, paymentLoop, person } from './payment.fixture.ts'

test('no request waits once the run has moved, however many an agent made', async () => {
  const system = await createLoopSystem({ loops: [paymentLoop(1)], relay: false })
  const { engine, approvals } = system
  const requestId = await askForPayment(system)
  const again = {
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: payer,
  }
  for (let more = 0; more < 1001; more++) await engine.transition(again)

  await approvals.decide({ requestId, decision: 'approve', actor: person('bob') })

  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ openApprovals: 0 })
  expect(await approvals.inbox({ actor: person('bob') })).toEqual([])
})

test('a request that was rejected stays so once the run has moved', async () => {
  const system = await createLoopSystem({ loops: [paymentLoop(1)], relay: false })
  const { engine, approvals } = system
  const rejected = await askForPayment(system)
  const again = { aggregateId: 'order-1', transitionId: 'pay', actor: payer }
  const [approved, superseded] = await Promise.all([
    engine.transition(again),
    engine.transition(again),
  ])
  const decide = async (requestId: string, decision: 'approve' | 'reject') =>
    approvals.decide({ requestId, decision, actor: person('bob') })
  await decide(rejected, 'reject')
  if (approved.status === 'pending_approval') await decide(approved.approvalId, 'approve')

  expect(superseded.status).toBe('pending_approval')
  const { items } = await approvals.find()
  expect(items.map(({ status }) => status).toSorted()).toEqual([
    'approved',
    'rejected',
    'superseded',
  ])
})

test('the people who took part in an older request are remembered', async () => {
  const inOpen = { from: 'OPEN', to: 'OPEN', approval: { reviewers: ['role:finance'] } }
  const loop = defineLoop({
    id: 'refund',
    states: ['OPEN', { id: 'DONE', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      { id: 'review', ...inOpen, actors: ['human'] },
      { id: 'note', ...inOpen, actors: ['ai-agent'] },
      {
        id: 'refund',
        from: 'OPEN',
        to: 'DONE',
        actors: ['human'],
        guards: [{ id: 'four-eyes', with: { transition: 'review' } }],
      },
    ],
  })
  const { engine, approvals } = await createLoopSystem({ loops: [loop], relay: false })
  const run = { aggregateId: 'order-1' }
  const review = async (by: string, approver: string) => {
    const actor = person(by)
    const asked = await engine.transition({ ...run, transitionId: 'review', actor })
    const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
    await approvals.decide({ requestId, decision: 'approve', actor: person(approver) })
  }
  await engine.start({ ...run, loopId: 'refund', actor: payer })
  await review('alice', 'bob')
  for (let more = 0; more < 1001; more++)
    await engine.transition({ ...run, transitionId: 'note', actor: payer })
  await review('carol', 'dave')

  expect(
    await engine.transition({ ...run, transitionId: 'refund', actor: person('alice') }),
  ).toMatchObject({ status: 'guard_failed', reason: 'four-eyes' })
})

test('verify finds no fault in a run with many waiting requests', async () => {
  const store = createMemoryStore()
  const { engine, ...system } = await createLoopSystem({
    loops: [paymentLoop(1)],
    store,
    relay: false,
  })
  await askForPayment({ engine, ...system })
  for (let more = 0; more < 1001; more++)
    await engine.transition({ aggregateId: 'order-1', transitionId: 'pay', actor: payer })

  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})
