import { expect, test } from 'vitest'

import { createLoopSystem } from './index.ts'
import { askForPayment, paymentLoop, person } from './payment.fixture.ts'

test('who waits for a request hears nothing of one with the same id in another tenant', async () => {
  const ids = { id: () => 'same', salt: () => '0'.repeat(32) }
  const system = await createLoopSystem({ loops: [paymentLoop(1)], ids, relay: false })
  const requestId = await askForPayment(system, { tenant: 'theirs' })
  expect(await askForPayment(system, { tenant: 'ours' })).toBe(requestId)

  const waiting = system.approvals.wait({ requestId, tenant: 'ours' })
  const decide = { requestId, actor: person('alice') }
  await system.approvals.decide({ ...decide, tenant: 'theirs', decision: 'approve' })
  await system.approvals.decide({ ...decide, tenant: 'ours', decision: 'reject' })

  expect(await waiting).toMatchObject({ tenant: 'ours', status: 'rejected' })
})

test('a program that waits for a decision, and does nothing else, does not end before it', async () => {
  const system = await createLoopSystem({ loops: [paymentLoop(1)], relay: false })
  const requestId = await askForPayment(system, { tenant: 'ours' })
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()

  const waiting = system.approvals.wait({ requestId, tenant: 'ours' })
  expect(timers()).toBe(before + 1)
  await system.approvals.decide({
    requestId,
    tenant: 'ours',
    decision: 'approve',
    actor: person('alice'),
  })
  await waiting

  expect(timers()).toBe(before)
})
