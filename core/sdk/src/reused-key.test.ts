import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const actor = { type: 'human', id: 'alice' } as const
const target = { aggregateId: 'order-1', actor }
const loop = defineLoop({
  id: 'payment',
  states: ['OPEN', { id: 'PAID', terminal: true }],
  initialState: 'OPEN',
  transitions: [{ id: 'pay', from: 'OPEN', to: 'PAID', actors: ['human'] }],
})

test('a process that remembers a finished run moves the next run of the same business key', async () => {
  const store = createMemoryStore()
  const open = async () => (await createLoopSystem({ loops: [loop], store, relay: false })).engine
  const [one, other] = [await open(), await open()]
  await one.start({ loopId: 'payment', ...target })
  await one.transition({ ...target, transitionId: 'pay' })
  await expect(one.suspend({ ...target, reason: 'A look.' })).rejects.toMatchObject({
    code: 'refused',
  })
  const next = await other.start({ loopId: 'payment', ...target })

  const result = await one.transition({ ...target, transitionId: 'pay' })

  expect(result).toMatchObject({ status: 'executed', instance: { runId: next.runId } })
})
