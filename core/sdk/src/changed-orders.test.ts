import type { LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const bob = { type: 'human', id: 'bob' } as const

/** A payment that bob approves, over a store that somebody else can write to. */
async function ask(change: (store: LoopStore) => Partial<LoopStore>) {
  const paid: unknown[] = []
  const store = createMemoryStore()
  const { engine, approvals, relay } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'payment',
        states: ['ASKED', { id: 'PAID', terminal: true }],
        initialState: 'ASKED',
        transitions: [
          {
            id: 'pay',
            from: 'ASKED',
            to: 'PAID',
            actors: ['ai-agent'],
            approval: { reviewers: ['bob'] },
            effect: { integration: 'bank', action: 'pay', semantics: 'idempotent' },
          },
        ],
      }),
    ],
    store: { ...store, ...change(store) },
    integrations: [bankThat(async (input) => void paid.push(input))],
    relay: false,
  })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  const asked = await engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
    evidence: { cents: 500 },
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const approve = async () =>
    approvals.decide({ requestId: asked.approvalId, decision: 'approve', actor: bob })
  return { store, engine, relay, approve, paid }
}

test('a request whose evidence was changed in the store executes nothing', async () => {
  const { engine, approve } = await ask((store) => ({
    async approval(tenant, id) {
      const request = await store.approval(tenant, id)
      return request && { ...request, evidence: { cents: 5_000_000 } }
    },
  }))
  await expect(approve()).rejects.toMatchObject({ code: 'corrupt' })
  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({
    currentState: 'ASKED',
    version: 2,
  })
})

test('an order to act whose input was changed in the store is not carried out', async () => {
  const { store, relay, approve, paid } = await ask((inner) => ({
    async claim(query) {
      const claims = await inner.claim(query)
      return claims.map((claim) => ({ ...claim, payload: '{"cents":5000000}' }))
    },
  }))
  expect(await approve()).toMatchObject({ status: 'executed' })
  await relay.drain()
  expect(paid).toEqual([])
  expect(await store.deadLetters({ tenant: 'default' })).toMatchObject({
    items: [{ kind: 'effect' }],
  })
})
