import type { Actor } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop, verifyStore } from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
const bob: Actor = { type: 'human', id: 'bob' }

/** A payment that bob approves with another amount; `seq` of what was asked is 2. */
async function open() {
  const store = createMemoryStore()
  const loop = defineLoop({
    id: 'payment',
    states: ['ASKED', { id: 'PAID', terminal: true }],
    initialState: 'ASKED',
    transitions: [
      {
        id: 'pay',
        from: 'ASKED',
        to: 'PAID',
        actors: ['ai-agent'],
        approval: { reviewers: ['bob'], allow: ['edit'] },
      },
    ],
  })
  const { engine, approvals } = await createLoopSystem({ loops: [loop], store, relay: false })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  const asked = await engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
    evidence: { iban: 'DE02 1203' },
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const id = asked.approvalId
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
  await engine.start({ loopId: 'payment', aggregateId: 'order-2', actor: agent })
  const ask = async () =>
    engine.transition({
      aggregateId: 'order-2',
      transitionId: 'pay',
      actor: agent,
      evidence: { iban: 'DE02 1203' },
    })
  const first = await ask()
  for (let more = 0; more < 1000; more++) await ask()
  if (first.status !== 'pending_approval') throw new Error(first.status)
  await engine.erase({ aggregateId: 'order-2', seq: 2, actor: bob, reason: 'art. 17' })
  expect(await approvals.get({ id: first.approvalId })).toMatchObject({ evidence: null })
})

test('a receipt licenses nothing any more once its evidence is erased', async () => {
  const { engine, receipt, erase } = await open()
  const pay = engine.seal('pay', async () => 'paid')
  await erase(receipt.seq)
  await expect(pay(receipt, {})).rejects.toMatchObject({ details: { reason: 'input_mismatch' } })
})
