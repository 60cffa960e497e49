import { expect, test } from 'vitest'

import { createLoopSystem, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:1' } as const
const alice = { type: 'human', id: 'alice' } as const

test('without retries of conflicts what is refused is still refused, and no conflict', async () => {
  const loop = defineLoop({
    id: 'payment',
    states: ['OPEN', { id: 'DONE', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      {
        id: 'pay',
        from: 'OPEN',
        to: 'OPEN',
        actors: ['ai-agent'],
        guards: [
          { id: 'sure', use: 'confidence-threshold', with: { min: 0.8 } },
          { id: 'rate-limit', with: { limit: 1, window: '1h' } },
        ],
      },
      { id: 'close', from: 'OPEN', to: 'DONE', actors: ['human'] },
    ],
  })
  const { engine, close } = await createLoopSystem({
    loops: [loop],
    relay: false,
    limits: { conflictRetries: 0 },
  })
  const target = { aggregateId: 'order-1', actor: agent }
  await engine.start({ loopId: 'payment', ...target })
  const pay = async (confidence: number) =>
    engine.transition({ ...target, transitionId: 'pay', evidence: { confidence } })

  expect(await pay(0.1)).toMatchObject({ status: 'guard_failed', reason: 'sure' })
  expect(await pay(0.9)).toMatchObject({ status: 'executed' })
  expect(await pay(0.9)).toMatchObject({ status: 'rejected', reason: 'limit_reached' })
  await engine.stop({ target: { loopId: 'payment' }, actor: alice, reason: 'look' })
  expect(await pay(0.9)).toMatchObject({ status: 'rejected', reason: 'stopped' })
  await close()
})
