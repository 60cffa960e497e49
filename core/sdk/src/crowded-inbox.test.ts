import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop, type LoopSystem } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent' } as const
const ofOlga = { ...agent, onBehalfOf: { type: 'human', id: 'olga' } } as const

/** One request waits for operations, and 500 older ones, of olga's agent, for finance; with the pages that were read. */
async function crowdedDesk(
  directory: (tenant: string, id: string) => { roles: string[] },
): Promise<LoopSystem & { readonly pages: { limit?: number; read: number }[] }> {
  const pages: { limit?: number; read: number }[] = []
  const store = createMemoryStore()
  const system = await createLoopSystem({
    store: {
      ...store,
      async approvals(query) {
        const page = await store.approvals(query)
        pages.push({ limit: query.limit, read: page.items.length })
        return page
      },
    },
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
  await system.engine.start({ ...run, loopId: 'desk' })
  for (let number = 0; number < 500; number += 1)
    await system.engine.transition({ ...run, actor: ofOlga, transitionId: 'finance' })
  await system.engine.transition({ ...run, transitionId: 'operations' })
  pages.length = 0
  return { ...system, pages }
}

test('an inbox does not ask the directory about requests that wait for others', async () => {
  let asked = 0
  const { approvals } = await crowdedDesk((_tenant, id) => {
    asked += 1
    return { roles: id === 'olga' ? ['operations'] : [] }
  })
  asked = 0

  const inbox = await approvals.inbox({ actor: { type: 'human', id: 'olga' } })

  expect(inbox.map(({ transitionId }) => transitionId)).toEqual(['operations'])
  // Who olga is, and who asked for the one that waits for her.
  expect(asked).toBe(2)
})

test('an inbox does not read requests that wait for others', async () => {
  const { approvals, pages } = await crowdedDesk(() => ({ roles: ['operations'] }))

  await approvals.inbox({ actor: { type: 'human', id: 'olga' } })

  expect(pages).toEqual([{ limit: 200, read: 1 }])
})

test('requests that a person may not decide are read in large pages, and none are read for an actor that is no person', async () => {
  const { approvals, pages } = await crowdedDesk(() => ({ roles: ['operations', 'finance'] }))

  await approvals.inbox({ actor: agent })
  expect(pages).toEqual([])
  const inbox = await approvals.inbox({ actor: { type: 'human', id: 'olga' }, limit: 1 })

  expect(inbox.map(({ transitionId }) => transitionId)).toEqual(['operations'])
  expect(pages.map(({ limit }) => limit)).toEqual([50, 200, 200, 200])
})
