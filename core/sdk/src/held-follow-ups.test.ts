import type { Actor } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, defineLoop } from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
const alice: Actor = { type: 'human', id: 'alice' }

const payments = defineLoop({
  id: 'payments',
  states: ['OPEN', { id: 'CLOSED', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'pay',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['ai-agent'],
      effect: {
        integration: 'bank',
        action: 'pay',
        semantics: 'idempotent',
        onFailure: 'complain',
      },
    },
    {
      id: 'complain',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['automation'],
      guards: [{ id: 'rate-limit', with: { limit: 2, window: '30d', per: 'tenant' } }],
    },
    { id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['human'] },
  ],
})

test('what follows effects that ended while the run was suspended is taken as far as a limit has room', async () => {
  const clock = createTestClock()
  const { engine, relay } = await createLoopSystem({
    loops: [payments],
    integrations: [bankThat(async () => {})],
    clock,
    relay: false,
    limits: { receiptTtlMs: 60_000 },
  })
  const run = { aggregateId: 'order-1' }
  await engine.start({ ...run, loopId: 'payments', actor: agent })
  for (let times = 0; times < 3; times++)
    await engine.transition({ ...run, transitionId: 'pay', actor: agent })
  await engine.suspend({ ...run, actor: alice, reason: 'something looks wrong' })
  clock.advance(120_000)
  await relay.drain()

  await engine.resume({ ...run, actor: alice, reason: 'all is well' })

  const taken = []
  for await (const { entry } of engine.history(run))
    if (entry.transitionId === 'complain') taken.push([entry.type, entry.reason])
  expect(taken).toEqual([
    ['loop.transition.executed', undefined],
    ['loop.transition.executed', undefined],
    ['loop.transition.rejected', 'limit_reached'],
  ])
})
