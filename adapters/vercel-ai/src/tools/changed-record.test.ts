import { expect, test } from 'vitest'

import { ask } from './conversation.fixture.ts'
import { finance, openRefundDesk } from './refund-desk.fixture.ts'
import { newest } from './tool-majors.fixture.ts'

const byFinance = { aggregateId: 'refund/call-1', actor: finance, reason: 'A look.' }

/** A call that waits for finance, and its outcome when the conversation goes on. */
async function openAsked() {
  const desk = await openRefundDesk(newest)
  const governed = desk.govern()
  const conversation = await ask(newest, governed)
  const goOn = async () => (await governed.resume(conversation)).calls
  return { desk, engine: desk.system.engine, goOn }
}

async function openApproved() {
  const asked = await openAsked()
  await asked.desk.decide('call-1', 'approve')
  return asked
}

test('an approved call that is suspended runs once it is resumed', async () => {
  const { desk, engine, goOn } = await openApproved()
  await engine.suspend(byFinance)
  expect(await goOn()).toMatchObject([{ status: 'refused', reason: 'suspended' }])
  expect(desk.ran).toEqual([])

  await engine.resume(byFinance)
  expect(await goOn()).toMatchObject([{ status: 'executed' }])
  expect(desk.ran).toHaveLength(1)
})

test('an approved call that is cancelled never runs', async () => {
  const { desk, engine, goOn } = await openApproved()
  await engine.cancel(byFinance)
  expect(await goOn()).toMatchObject([{ status: 'denied', reason: 'cancelled' }])
  expect(desk.ran).toEqual([])
})

test('an approved call whose input is erased never runs', async () => {
  const { desk, engine, goOn } = await openApproved()
  const record = await Array.fromAsync(engine.history(byFinance))
  const { seq = 0 } =
    record.find(({ entry }) => entry.transitionId === 'execute' && entry.toState)?.entry ?? {}
  await engine.erase({ ...byFinance, seq })
  expect(await goOn()).toMatchObject([{ status: 'refused', reason: 'erased' }])
  expect(desk.ran).toEqual([])
})

test('a call whose request is withdrawn outside the conversation never runs', async () => {
  const { desk, goOn } = await openAsked()
  const { items } = await desk.system.approvals.find({ status: 'pending' })
  await desk.system.approvals.withdraw({ requestId: items[0]?.id ?? '', actor: finance })
  expect(await goOn()).toMatchObject([{ status: 'denied', reason: 'withdrawn' }])
  expect(desk.ran).toEqual([])
})
