import type { Actor } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:ops' }
const taskLoop = (id: string, when = 'input.amount > 100') =>
  defineLoop({
    id,
    states: ['OPEN', { id: 'DONE', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      {
        id: 'finish',
        from: 'OPEN',
        to: 'DONE',
        actors: ['ai-agent'],
        approval: { when, reviewers: ['group:finance'] },
      },
    ],
  })

test('a loop that is defined later runs like one that the system was created with', async () => {
  const store = createMemoryStore()
  const { engine } = await createLoopSystem({ loops: [], store, relay: false })
  await engine.define(taskLoop('late'))
  await engine.start({ loopId: 'late', aggregateId: 'one', actor: agent })

  // Another process finds the definition in the store, as with any other loop.
  const elsewhere = await createLoopSystem({ loops: [], store, relay: false })
  const finish = (amount: number) =>
    elsewhere.engine.transition({
      aggregateId: 'one',
      transitionId: 'finish',
      actor: agent,
      evidence: { input: { amount } },
    })
  expect(await finish(500)).toMatchObject({ status: 'pending_approval' })
  expect(await finish(50)).toMatchObject({ status: 'executed' })
})

test('defining the same loop twice changes nothing; another loop with its id is refused', async () => {
  const { engine } = await createLoopSystem({ loops: [taskLoop('known')], relay: false })
  await Promise.all([engine.define(taskLoop('known')), engine.define(taskLoop('known'))])
  const other = taskLoop('known', 'false')
  await expect(engine.define(other)).rejects.toMatchObject({ code: 'already_exists' })

  const raced = ['true', 'false'].map((when) => engine.define(taskLoop('raced', when)))
  const results = await Promise.allSettled(raced)
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
})

test('a loop that names a missing plugin is refused when it is defined', async () => {
  const { engine } = await createLoopSystem({ loops: [], relay: false })
  const broken = taskLoop('broken', 'input.amount >')
  await expect(engine.define(broken)).rejects.toMatchObject({ code: 'invalid_definition' })
  await expect(
    engine.start({ loopId: 'broken', aggregateId: 'one', actor: agent }),
  ).rejects.toMatchObject({ code: 'not_found' })
})
