import type { ApprovalRequest } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createChangedStore, type ChangeByHand } from './changed-store.fixture.ts'
import { createLoopSystem, createMemoryStore } from './index.ts'
import { askForPayment, paymentLoop, person } from './payment.fixture.ts'

test('waiting for a request is not ended by one with the same id in another tenant', async () => {
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

test('a decision that is taken while the request is read ends the wait without another read', async () => {
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

test('nobody waits for a request that there is not', async () => {
  const system = await createLoopSystem({ loops: [paymentLoop(1)], relay: false })

  await expect(system.approvals.wait({ requestId: 'none' })).rejects.toMatchObject({
    code: 'not_found',
    path: '/requestId',
  })
})

/** Two requests for payment in one store, both of which somebody then changes in the database. */
async function changedBy(by: ChangeByHand) {
  const { store, change } = createChangedStore(by)
  const system = await createLoopSystem({ loops: [paymentLoop(1)], store, relay: false })
  const waiting = await askForPayment(system)
  const approved = await askForPayment(system, { aggregateId: 'order-2' })
  await system.approvals.decide({
    requestId: approved,
    decision: 'approve',
    actor: person('alice'),
  })
  return {
    waiting,
    approved,
    change,
    wait: async (requestId: string) => system.approvals.wait({ requestId }),
  }
}

test('an approval that is not on record ends no wait', async () => {
  const vote = {
    decision: 'approve',
    reviewer: person('alice'),
    stage: 0,
    revision: 1,
    at: 1,
  } as const
  const { waiting, change, wait } = await changedBy(() => ({
    status: 'approved',
    decisions: [vote],
    decidedAt: 1,
    executedBy: 'f'.repeat(64),
  }))
  change()

  await expect(wait(waiting)).rejects.toMatchObject({ code: 'corrupt' })
})

test.each<[string, (request: ApprovalRequest) => Partial<ApprovalRequest>]>([
  ['who approved', () => ({ decisions: [] })],
  ['what was asked', () => ({ actionDigest: 'a'.repeat(64) })],
  ['whether it was executed', () => ({ executedBy: null })],
])('nor by one of which the row was changed: %s', async (_, of) => {
  const { approved, change, wait } = await changedBy(of)
  expect(await wait(approved)).toMatchObject({ status: 'approved' })
  change()

  await expect(wait(approved)).rejects.toMatchObject({ code: 'corrupt' })
})
