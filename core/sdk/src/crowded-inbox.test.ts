import { expect, test } from 'vitest'

import { createLoopSystem, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent' } as const

test('whatever waits for others, the directory is not asked about it by an inbox', async () => {
  let asked = 0
  const directory = (_tenant: string, id: string) => {
    asked += 1
    return { roles: id === 'olga' ? ['operations'] : [] }
  }
  const { engine, approvals } = await createLoopSystem({
    loops: [
      defineLoop({
        id: 'desk',
        states: ['OPEN', { id: 'DONE', terminal: true }],
        initialState: 'OPEN',
        transitions: ['finance', 'operations'].map((role) => ({
          id: role,
          from: 'OPEN',
          to: 'DONE',
          actors: ['ai-agent' as const],
          approval: { reviewers: [`role:${role}`], expiresIn: '1h' },
        })),
      }),
    ],
    identity: { directory },
    relay: false,
  })
  const run = { aggregateId: 'one', actor: agent } as const
  await engine.start({ ...run, loopId: 'desk' })
  await engine.transition({ ...run, transitionId: 'operations' })
  for (let number = 0; number < 500; number += 1)
    await engine.transition({ ...run, transitionId: 'finance' })
  asked = 0

  const inbox = await approvals.inbox({ actor: { type: 'human', id: 'olga' } })

  expect(inbox.map(({ transitionId }) => transitionId)).toEqual(['operations'])
  // Who olga is, and who asked for the one that waits for her.
  expect(asked).toBe(2)
})
