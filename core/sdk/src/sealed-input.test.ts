import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:ops' } as const

test('a sealed function runs what was licensed, whatever becomes of the caller’s object meanwhile', async () => {
  const store = createMemoryStore()
  const input = { host: 'web-1' }
  let isSpending = false
  const { engine } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'ops.restart',
        states: ['OPEN', { id: 'DONE', terminal: true }],
        initialState: 'OPEN',
        transitions: [{ id: 'restart', from: 'OPEN', to: 'DONE', actors: ['ai-agent'] }],
      }),
    ],
    store: {
      ...store,
      async commit(plans) {
        if (isSpending) input.host = 'db-1'
        return store.commit(plans)
      },
    },
    relay: false,
  })
  await engine.start({ loopId: 'ops.restart', aggregateId: 'incident-1', actor: agent })
  const done = await engine.transition({
    aggregateId: 'incident-1',
    transitionId: 'restart',
    actor: agent,
    evidence: input,
  })
  if (done.status !== 'executed') throw new Error(done.status)
  isSpending = true

  const restarted = await engine.seal('restart', async ({ host }: { host: string }) => host)(
    done.receipt,
    input,
  )

  expect([restarted, input.host]).toEqual(['web-1', 'db-1'])
})
