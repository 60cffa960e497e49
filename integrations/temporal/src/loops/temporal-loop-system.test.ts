import { createLoopSystem, createMemoryStore, LoopBuilder } from '@loop-engine/sdk'
import { expect, onTestFinished, test } from 'vitest'

import { createTemporalLoopSystem } from './temporal-loop-system.ts'

const order = LoopBuilder.create('order')
  .state('OPEN')
  .state('PAID', { isTerminal: true })
  .initialState('OPEN')
  .transition({ id: 'pay', from: 'OPEN', to: 'PAID', actors: ['human'] })
  .build()
const actor = { type: 'human', id: 'alice' } as const
const away = async (): Promise<never> => Promise.reject(new Error('It is away.'))

test('a change that is committed while Temporal is unreachable has its answer, though onError throws', async () => {
  // Both share one store, which neither closes.
  const store = { ...createMemoryStore(), close: async () => {} }
  const plain = await createLoopSystem({ loops: [order], store, relay: false })
  await plain.engine.start({ loopId: 'order', aggregateId: 'o-1', actor })
  const client = { options: {}, workflow: { start: async () => {}, signalWithStart: away } }
  const system = await createTemporalLoopSystem({
    loops: [order],
    store,
    client: client as never,
    historyKeys: 'clear',
    onError: () => {
      throw new Error('The reporter is away too.')
    },
  })
  onTestFinished(async () => {
    await system.close()
    await plain.close()
  })

  const change = { aggregateId: 'o-1', actor, reason: 'not wanted' }
  expect(await system.engine.cancel(change)).toMatchObject({ status: 'cancelled' })
})
