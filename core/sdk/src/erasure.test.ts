import { canonicalize, digestOf, saltedDigest, type ApprovalRequest } from '@loop-engine/core'
import { checkInvariants } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import {
  createLoopSystem,
  createMemoryStore,
  LoopBuilder,
  verifyStore,
  type HistoryItem,
  type LoopSystem,
} from './index.ts'
import { askForPayment, payer, paymentWith } from './payment.fixture.ts'

const refund = LoopBuilder.create('support.refund')
  .state('REQUESTED')
  .state('REFUNDED', { isTerminal: true })
  .initialState('REQUESTED')
  .transition({
    id: 'refund',
    from: 'REQUESTED',
    to: 'REFUNDED',
    actors: ['ai-agent'],
    approval: {
      reviewers: ['role:finance'],
      expiresIn: '2h',
      quorum: 2,
      allow: ['edit', 'respond'],
    },
  })
  .build()
const agent = { type: 'ai-agent', id: 'agent:support' } as const
const alice = { type: 'human', id: 'alice', roles: ['finance'] } as const
const bob = { type: 'human', id: 'bob', roles: ['finance'] } as const
const given = { account: 'DE12' }
const edited = { account: 'DE34' }

/** A refund whose evidence somebody edited, and another approved, after a third had asked back. */
async function refunded(): Promise<{ system: LoopSystem; requestId: string }> {
  const system = await createLoopSystem({ loops: [refund] })
  await system.engine.start({ loopId: refund.id, aggregateId: 'order-7', actor: agent })
  const asked = await system.engine.transition({
    aggregateId: 'order-7',
    transitionId: 'refund',
    actor: agent,
    evidence: given,
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const requestId = asked.approvalId
  const { decide } = system.approvals
  await decide({ requestId, decision: 'respond', actor: bob, response: { why: 'me' } })
  await decide({ requestId, decision: 'edit', actor: alice, edits: edited })
  await decide({ requestId, decision: 'approve', actor: bob })
  return { system, requestId }
}

async function erase(
  { engine, approvals }: LoopSystem,
  requestId: string,
  type: HistoryItem['entry']['type'],
): Promise<{ request: ApprovalRequest | null; digest: string | undefined }> {
  const items = await Array.fromAsync(engine.history({ aggregateId: 'order-7' }))
  const { entry } = items.find((item) => item.entry.type === type) ?? {}
  await engine.erase({
    aggregateId: 'order-7',
    seq: entry?.seq ?? 0,
    actor: alice,
    reason: 'art. 17',
  })
  return { request: await approvals.get({ id: requestId }), digest: entry?.evidence?.digest }
}

test('evidence that was edited leaves no copy in its request when the execution is erased', async () => {
  const { system, requestId } = await refunded()

  const { request } = await erase(system, requestId, 'loop.transition.executed')

  expect(request).toMatchObject({ status: 'approved', evidence: null, view: { fields: [] } })
  expect(JSON.stringify(request)).not.toContain('DE34')
})

test('no digest that is left can confirm a guess of erased evidence', async () => {
  const { system, requestId } = await refunded()

  const { request, digest } = await erase(system, requestId, 'loop.transition.executed')

  expect(digest).toBeDefined()
  expect(saltedDigest(request?.salt ?? '', canonicalize(edited))).not.toBe(digest)
})

test('erasing the entry of an edit removes the evidence from its request', async () => {
  const { system, requestId } = await refunded()
  const { history, erase: eraseEntry } = system.engine
  const items = await Array.fromAsync(history({ aggregateId: 'order-7' }))
  const seq = items.find(({ entry }) => entry.approval?.decision === 'edit')?.entry.seq ?? 0

  await eraseEntry({ aggregateId: 'order-7', seq, actor: alice, reason: 'art. 17' })

  expect(await system.approvals.get({ id: requestId })).toMatchObject({ evidence: null, salt: '' })
})

test.each(['loop.approval.decided', 'loop.approval.approved'] as const)(
  'an entry with other evidence, or none, takes none away from its request: %s',
  async (type) => {
    const { system, requestId } = await refunded()

    const { request } = await erase(system, requestId, type)

    expect(request).toMatchObject({ evidence: edited })
  },
)

test('the invariant checkers distinguish an erased response from a request that was not erased', async () => {
  const store = createMemoryStore()
  const system = await createLoopSystem({ loops: [refund], store })
  const run = { aggregateId: 'order-7', actor: agent }
  await system.engine.start({ ...run, loopId: refund.id })
  const asked = await system.engine.transition({ ...run, transitionId: 'refund', evidence: given })
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  const answer = { requestId, actor: bob, response: { why: 'me' } }
  await system.approvals.decide({ ...answer, decision: 'respond' })
  const world = { store, tenants: ['default'], definitions: new Map([[digestOf(refund), refund]]) }

  const { request } = await erase(system, requestId, 'loop.approval.decided')
  expect(await checkInvariants(world)).toEqual([])

  await erase(system, requestId, 'loop.approval.requested')
  const forgetful = { ...store, approvals: async () => ({ items: request ? [request] : [] }) }
  expect(await checkInvariants({ ...world, store: forgetful })).toMatchObject([{ invariant: 30 }])
})

/** A payment that bob approves with another amount; the `seq` of the request's entry is 2. */
async function open() {
  const store = createMemoryStore()
  const loop = paymentWith({ approval: { reviewers: ['bob'], allow: ['edit'] } })
  const { engine, approvals } = await createLoopSystem({ loops: [loop], store, relay: false })
  const id = await askForPayment({ engine }, { evidence: { iban: 'DE02 1203' } })
  const decided = await approvals.decide({
    requestId: id,
    decision: 'edit',
    edits: { iban: 'DE89 3704' },
    actor: bob,
  })
  if (decided.status !== 'executed' || decided.transition.status !== 'executed')
    throw new Error(decided.status)
  const { receipt } = decided.transition
  const erase = async (seq: number) =>
    engine.erase({ aggregateId: 'order-1', seq, actor: bob, reason: 'art. 17' })
  return { store, engine, approvals, id, receipt, erase }
}

test.each(['what was asked', 'what was executed'])(
  'when %s is erased its request keeps neither the evidence nor its salt',
  async (which) => {
    const { store, approvals, id, receipt, erase } = await open()
    await erase(which === 'what was asked' ? 2 : receipt.seq)
    const request = await approvals.get({ id })
    expect(request).toMatchObject({ evidence: null, salt: '', view: { fields: [] } })
    expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
  },
)

test('an older request of a busy run is erased like any other', async () => {
  const { engine, approvals } = await open()
  const order = { aggregateId: 'order-2', actor: payer, evidence: { iban: 'DE02 1203' } }
  const first = await askForPayment({ engine }, order)
  for (let more = 0; more < 1000; more++) await engine.transition({ ...order, transitionId: 'pay' })
  await engine.erase({ aggregateId: 'order-2', seq: 2, actor: bob, reason: 'art. 17' })
  expect(await approvals.get({ id: first })).toMatchObject({ evidence: null })
})

test('a receipt licenses nothing once its evidence is erased', async () => {
  const { engine, receipt, erase } = await open()
  const pay = engine.seal({ loopId: 'payment', transitionId: 'pay' }, async () => 'paid')
  await erase(receipt.seq)
  await expect(pay(receipt, {})).rejects.toMatchObject({ details: { reason: 'input_mismatch' } })
})

test('a receipt licenses nothing if the erasure is committed first', async () => {
  const { engine, receipt, erase } = await open()
  const paid: unknown[] = []
  const pay = engine.seal(
    { loopId: 'payment', transitionId: 'pay' },
    async (input: { iban: string }) => void paid.push(input),
  )

  const erasing = erase(receipt.seq)
  const paying = pay(receipt, { iban: 'DE89 3704' })
  await erasing

  await expect(paying).rejects.toMatchObject({ details: { reason: 'input_mismatch' } })
  expect(paid).toEqual([])
})

test('the evidence of an older run of a key is erased by its id, while a newer one is open', async () => {
  const { store, engine, approvals, id, receipt } = await open()
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: payer })
  const order = { aggregateId: 'order-1', seq: receipt.seq, actor: bob, reason: 'art. 17' }

  const read = { runId: receipt.runId, version: receipt.seq - 1 }
  await expect(
    engine.erase({ ...order, runId: receipt.runId, expected: read }),
  ).rejects.toMatchObject({ code: 'conflict', details: { reason: 'moved' } })
  const { runId, version } = await engine.erase({ ...order, runId: receipt.runId })

  expect({ runId, version }).toEqual({ runId: receipt.runId, version: receipt.seq + 1 })
  expect(await approvals.get({ id })).toMatchObject({ evidence: null })
  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ version: 1 })
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
  await expect(
    engine.erase({ ...order, aggregateId: 'order-2', runId: receipt.runId }),
  ).rejects.toMatchObject({ code: 'not_found', path: '/runId' })
})

test('a repeated decision gets its first answer, without what was erased meanwhile', async () => {
  const { store, engine, approvals } = await open()
  const order = { aggregateId: 'order-2', evidence: { iban: 'DE02 1203' } }
  const requestId = await askForPayment({ engine }, order)
  const decide = () =>
    approvals.decide({ requestId, decision: 'approve', actor: bob, idempotencyKey: 'k' })
  const decided = await decide()
  expect(await decide()).toEqual({ ...decided, replayed: true })

  await engine.erase({ aggregateId: 'order-2', seq: 2, actor: bob, reason: 'art. 17' })

  const { salt } = decided.request
  const again = await decide()
  expect(again).toMatchObject({ status: 'executed', replayed: true, request: { evidence: null } })
  const kept = await store.idempotency('default', 'human:bob', 'k')
  for (const left of [JSON.stringify(again), kept?.answer]) {
    expect(left).not.toContain('1203')
    expect(left).not.toContain(salt)
  }
})

test('nothing is executed of a request whose evidence was erased', async () => {
  const { engine, approvals } = await open()
  const order = { aggregateId: 'order-2', evidence: { iban: 'DE02 1203' } }
  const requestId = await askForPayment({ engine }, order)
  await engine.erase({ aggregateId: 'order-2', seq: 2, actor: bob, reason: 'art. 17' })
  const before = await engine.get({ aggregateId: 'order-2' })

  await expect(
    approvals.decide({ requestId, decision: 'approve', actor: bob }),
  ).rejects.toMatchObject({ code: 'refused', details: { requestId } })
  expect(await engine.get({ aggregateId: 'order-2' })).toEqual(before)
})
