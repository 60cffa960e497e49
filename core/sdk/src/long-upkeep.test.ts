import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const greeting = defineLoop({
  id: 'greeting',
  states: ['NEW', { id: 'GREETED', terminal: true }],
  initialState: 'NEW',
  transitions: [
    {
      id: 'greet',
      from: 'NEW',
      to: 'GREETED',
      actors: ['automation'],
      effect: { integration: 'host', action: 'greet', semantics: 'idempotent' },
    },
  ],
})

test('effects run while the store is still pruning', async () => {
  const pruning = Promise.withResolvers<number>()
  const greeted = Promise.withResolvers<string>()
  const { engine, close } = await createLoopSystem({
    loops: [greeting],
    store: { ...createMemoryStore(), prune: () => pruning.promise },
    clock: createTestClock(),
    integrations: [
      {
        contract: 'integration/v1',
        name: 'host',
        actions: {
          greet: {
            input: { parse: (input) => input },
            run: async () => greeted.resolve('greeted'),
          },
        },
      },
    ],
  })
  const target = { aggregateId: 'guest', actor: { type: 'automation', id: 'door' } } as const
  await engine.start({ loopId: greeting.id, ...target })

  await engine.transition({ ...target, transitionId: 'greet' })

  expect(await greeted.promise).toBe('greeted')
  pruning.resolve(0)
  await close()
})
