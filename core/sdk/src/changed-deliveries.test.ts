import type { ApprovalRequest, OutboxItem } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const

/** What comes of an effect, a notice and a timer that somebody changed in the outbox before they were due. */
async function delivered(
  change: (item: OutboxItem) => Partial<OutboxItem>,
  changeRequest: Partial<ApprovalRequest> | null = {},
) {
  const kept = createMemoryStore()
  const clock = createTestClock()
  const done: string[] = []
  const { engine, relay } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'payment',
        states: [
          { id: 'OPEN', timeout: { after: '1h', transition: 'lapse' } },
          { id: 'LAPSED', terminal: true },
        ],
        initialState: 'OPEN',
        transitions: [
          {
            id: 'pay',
            from: 'OPEN',
            to: 'OPEN',
            actors: ['ai-agent'],
            effect: { integration: 'bank', action: 'pay', semantics: 'idempotent' },
          },
          {
            id: 'ask',
            from: 'OPEN',
            to: 'OPEN',
            actors: ['ai-agent'],
            approval: { reviewers: ['bob'], expiresIn: '30m' },
          },
          { id: 'lapse', from: 'OPEN', to: 'LAPSED', actors: ['system'] },
        ],
      }),
    ],
    store: {
      ...kept,
      async approval(...of) {
        const request = await kept.approval(...of)
        return request && changeRequest && { ...request, ...changeRequest }
      },
      commit: async (plans) =>
        kept.commit(
          plans.map((plan) => ({
            ...plan,
            outbox: plan.outbox?.map((item) => ({ ...item, ...change(item) })),
          })),
        ),
    },
    integrations: [bankThat(async () => void done.push('paid'))],
    channels: [
      { contract: 'channel/v1', name: 'chat', notify: async () => void done.push('told') },
    ],
    clock,
    relay: false,
  })
  const run = { aggregateId: 'order-1', actor: agent }
  await engine.start({ ...run, loopId: 'payment' })
  await engine.transition({ ...run, transitionId: 'pay', evidence: { cents: 5 } })
  await engine.transition({ ...run, transitionId: 'ask' })
  await relay.drain()
  clock.advance(1_800_000)
  await relay.drain()
  const { items } = await relay.deadLetters()
  return {
    done: done.toSorted(),
    dead: items.map(({ kind, error }) => `${kind} ${error.split(':')[0]}`).toSorted(),
  }
}

test('unchanged orders are delivered', async () => {
  expect(await delivered(() => ({}))).toEqual({ done: ['paid', 'told'], dead: [] })
})

test.each(['', '{', 'null', '{}', ' ', ' {', ' null', ' {"payload":7}'])(
  'an order that was changed to %j becomes a dead letter at once',
  async (payload) => {
    const { done, dead } = await delivered(({ name }) =>
      name === 'state-timeout' ? {} : { payload },
    )
    expect(done).toEqual([])
    expect(dead).toEqual(['effect corrupt', 'notify corrupt', 'timer corrupt'])
  },
)

test('an order whose id was changed is not carried out', async () => {
  const { done, dead } = await delivered(({ id, name }) =>
    name === 'state-timeout' ? {} : { id: `x${id}` },
  )
  expect(done).toEqual([])
  expect(dead).toEqual(['effect corrupt', 'notify corrupt', 'timer corrupt'])
})

test('a notice whose kind was changed to an unknown one becomes a dead letter', async () => {
  const kind = 'other' as OutboxItem['kind']
  const { dead } = await delivered((item) => (item.kind === 'notify' ? { kind } : {}))
  expect(dead).toEqual(['other corrupt', 'other corrupt'])
})

test('nobody is notified of a waiting request that was changed', async () => {
  const { done, dead } = await delivered(() => ({}), { escalated: ['mallory'] })
  expect(done).toEqual(['paid'])
  expect(dead).toEqual(['notify corrupt'])
})

test('a notice whose request is gone becomes a dead letter', async () => {
  const { done, dead } = await delivered(() => ({}), null)
  expect(done).toEqual(['paid'])
  expect(dead).toEqual(['notify corrupt'])
})
