import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:pay' } as const
const run = { aggregateId: 'order-1', actor: agent } as const

type Payment = Parameters<typeof defineLoop>[0]['transitions'][number]

async function open(more: Pick<Payment, 'guards' | 'effect'>) {
  const pay = { id: 'pay', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] as const, ...more }
  const { engine } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'payments',
        states: ['OPEN', { id: 'CLOSED', terminal: true }],
        initialState: 'OPEN',
        transitions: [pay, { id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['human'] }],
      }),
    ],
    integrations: [
      {
        contract: 'integration/v1',
        name: 'bank',
        actions: { pay: { input: { parse: (value) => value }, run: async () => {} } },
      },
    ],
    clock: createTestClock(),
    relay: false,
  })
  await engine.start({ ...run, loopId: 'payments' })
  return {
    pay: async (evidence: object) => engine.transition({ ...run, transitionId: 'pay', evidence }),
    reasons: async (evidence: object) => {
      const [first] = await engine.available({ ...run, evidence })
      return first?.allowed === (first?.reasons.length === 0) && first?.reasons
    },
  }
}

test('a transition is available only if its limit has room', async () => {
  const budget = { id: 'budget', with: { limit: 10, amount: '/usd' } }
  const rate = { id: 'rate-limit', with: { limit: 2, window: '365d' } }
  const { pay, reasons } = await open({ guards: [budget, rate] })

  await pay({ usd: 8 })
  expect(await reasons({ usd: 2 })).toEqual([])
  expect(await reasons({ usd: 3 })).toEqual(['limit_reached'])
  expect(await pay({ usd: 3 })).toMatchObject({ reason: 'limit_reached' })

  await pay({ usd: 1 })
  expect(await reasons({ usd: 1 })).toEqual(['limit_reached'])
})

test('a transition whose soft limit is full is available, if its hard limit has room', async () => {
  const budget = { id: 'budget', with: { limit: 10, amount: '/usd' }, severity: 'soft' as const }
  const rate = { id: 'rate-limit', with: { limit: 2, window: '365d' } }
  const { pay, reasons } = await open({ guards: [budget, rate] })

  await pay({ usd: 8 })
  expect(await reasons({ usd: 3 })).toEqual([])
  expect(await pay({ usd: 3 })).toMatchObject({ status: 'executed' })
  expect(await reasons({ usd: 3 })).toEqual(['limit_reached'])
})

test('a transition is not available without the evidence that its effect needs', async () => {
  const effect = { integration: 'bank', action: 'pay', input: { to: 'evidence.to' } }
  const { pay, reasons } = await open({ effect })

  expect(await reasons({})).toEqual(['effect-input'])
  expect(await pay({})).toMatchObject({ status: 'guard_failed', reason: 'effect-input' })
  expect(await reasons({ to: 'acme' })).toEqual([])
})
