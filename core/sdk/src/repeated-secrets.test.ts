import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const bob = { type: 'human', id: 'bob' } as const
const card = '4111-2222'

/** A payment that bob approves, in a system that keeps no card and no key. */
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
        approval: { reviewers: ['bob'], allow: ['respond'] },
      },
    ],
  })
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    store,
    relay: false,
    redaction: { paths: ['/card'], patterns: [/sk_live_/] },
  })
  const start = async (evidence: object, aggregateId = 'order-1', key = '') =>
    engine.start({
      loopId: 'payment',
      aggregateId,
      actor: agent,
      evidence,
      metadata: { key },
      idempotencyKey: 'start',
    })
  const pay = async (evidence: object) =>
    engine.transition({
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: agent,
      evidence,
      idempotencyKey: 'pay',
    })
  return { store, approvals, start, pay }
}

test('a repeated attempt with a secret is recognised', async () => {
  const { start, pay } = await open()
  const { runId } = await start({ card })
  expect(await start({ card })).toMatchObject({ runId })

  const asked = await pay({ cents: 500, card, note: 'key sk_live_1' })
  expect(await pay({ cents: 500, card, note: 'key sk_live_1' })).toMatchObject({
    status: 'pending_approval',
    instance: { version: asked.instance.version },
    replayed: true,
  })
  await expect(pay({ cents: 501, card, note: 'key sk_live_1' })).rejects.toMatchObject({
    code: 'key_mismatch',
  })
})

test('a start with a secret in its metadata keeps no digest of it either', async () => {
  const [one, other] = [await open(), await open()]
  await one.start({}, 'order-1', 'sk_live_1')
  await other.start({}, 'order-1', 'sk_live_2')
  const [kept, same] = await Promise.all(
    [one, other].map(async ({ store }) =>
      store.idempotency('default', 'ai-agent:agent:payer', 'start'),
    ),
  )
  expect(kept?.fingerprint).toBe(same?.fingerprint)
})

test('no fingerprint can confirm a guess of a secret', async () => {
  const { store, approvals, start, pay } = await open()
  await start({ card })
  const asked = await pay({ cents: 500 })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const respond = async (idempotencyKey: string, response: object) => {
    const { approvalId: requestId } = asked
    await approvals.decide({
      requestId,
      decision: 'respond',
      actor: bob,
      response,
      idempotencyKey,
    })
    return (await store.idempotency('default', 'human:bob', idempotencyKey))?.fingerprint
  }
  const fingerprint = await respond('one', { card })
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/)
  expect(await respond('two', { card: '4111-3333' })).toBe(fingerprint)
  expect(await respond('three', { card, why: 'urgent' })).not.toBe(fingerprint)
})
