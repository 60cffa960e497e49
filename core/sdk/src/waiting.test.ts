import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore } from './index.ts'
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

test('what is decided while a request is read is heard of without another look', async () => {
  const kept = createMemoryStore()
  let decide: (() => Promise<unknown>) | undefined
  const store = {
    ...kept,
    async approval(tenant: string, id: string) {
      const request = await kept.approval(tenant, id)
      const meanwhile = decide
      decide = undefined
      await meanwhile?.()
      return request
    },
  }
  // The clock stands still, so nobody looks again.
  const clock = createTestClock()
  const system = await createLoopSystem({ loops: [paymentLoop(1)], store, clock, relay: false })
  const requestId = await askForPayment(system)
  decide = () => system.approvals.decide({ requestId, decision: 'approve', actor: person('alice') })

  expect(await system.approvals.wait({ requestId })).toMatchObject({ status: 'approved' })
})
