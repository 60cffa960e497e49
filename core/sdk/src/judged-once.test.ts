import type { Guard } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:1' } as const

/**
 * A run that two processes have in memory, and a guard that never passes, with the versions that it was asked about.
 */
async function open() {
  const asked: number[] = []
  const never: Guard = {
    contract: 'guard/v1',
    id: 'never',
    description: 'Blocks, and notes the version of the run.',
    evaluate({ instance }) {
      asked.push(instance.version)
      return { passed: false }
    },
  }
  const loop = defineLoop({
    id: 'payment',
    states: ['OPEN', { id: 'PAID', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      { id: 'pay', from: 'OPEN', to: 'PAID', actors: ['ai-agent'], guards: ['never'] },
      { id: 'look', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] },
    ],
  })
  const store = createMemoryStore()
  const start = async () =>
    (await createLoopSystem({ loops: [loop], guards: [never], store, relay: false })).engine
  const [one, other] = [await start(), await start()]
  const target = { aggregateId: 'order-1', actor: agent }
  await one.start({ loopId: 'payment', ...target })
  await other.transition({ ...target, transitionId: 'look' })
  await one.transition({ ...target, transitionId: 'look' })
  return {
    asked,
    look: async () => other.transition({ ...target, transitionId: 'look' }),
    pay: async () => one.transition({ ...target, transitionId: 'pay' }),
  }
}

test('a guard that blocks an attempt is asked once for it', async () => {
  const { asked, pay } = await open()
  expect(await pay()).toMatchObject({ status: 'guard_failed' })
  expect(asked).toEqual([3])
})

test('a guard is asked again if another process has moved the run meanwhile', async () => {
  const { asked, pay, look } = await open()
  await look()
  expect(await pay()).toMatchObject({ status: 'guard_failed', instance: { version: 5 } })
  expect(asked).toEqual([3, 4])
})
