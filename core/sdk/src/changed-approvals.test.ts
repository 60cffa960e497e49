import type { ApprovalRequest } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent' } as const
const person = (id: string) => ({ type: 'human', id }) as const
const vote = (id: string) =>
  ({ decision: 'approve', reviewer: person(id), stage: 0, revision: 1, at: 1 }) as const

const loop = defineLoop({
  id: 'release',
  states: ['OPEN', { id: 'DONE', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'review',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['ai-agent'],
      approval: { reviewers: ['*'], quorum: 2, expiresIn: '1h' },
    },
    {
      id: 'ship',
      from: 'OPEN',
      to: 'DONE',
      actors: ['ai-agent', 'human'],
      guards: [
        {
          id: 'reviewed',
          use: 'approval-obtained',
          with: { transition: 'review', people: 2, within: '1h' },
        },
        { id: 'another', use: 'four-eyes', with: { transition: 'review' } },
      ],
    },
  ],
})

type Votes = readonly (readonly [id: string, decision: 'approve' | 'reject'])[]

/** A review on which these people have decided, whose request somebody with access to the database changes by hand. */
async function reviewed(
  decisions: Votes,
  change: (request: ApprovalRequest) => Partial<ApprovalRequest> = () => ({}),
) {
  const kept = createMemoryStore()
  let now = Date.parse('2026-01-01')
  let reads = 0
  const store = {
    ...kept,
    async entries(...which: Parameters<typeof kept.entries>) {
      reads += 1
      return kept.entries(...which)
    },
    async approvals(query: Parameters<typeof kept.approvals>[0]) {
      const { items, ...rest } = await kept.approvals(query)
      return { ...rest, items: items.map((request) => ({ ...request, ...change(request) })) }
    },
  }
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    store,
    relay: false,
    clock: { now: () => now, sleep: async () => undefined },
  })
  const run = { aggregateId: 'v1' } as const
  await engine.start({ ...run, loopId: 'release', actor: agent })
  const review = async (votes: Votes): Promise<void> => {
    const asked = await engine.transition({ ...run, transitionId: 'review', actor: agent })
    if (asked.status !== 'pending_approval') throw new Error(asked.status)
    for (const [id, decision] of votes)
      await approvals.decide({ requestId: asked.approvalId, decision, actor: person(id) })
  }
  await review(decisions)
  return {
    review,
    reads: () => reads,
    later: (ms: number) => void (now += ms),
    ship: async (actor: typeof agent | ReturnType<typeof person> = person('cleo')) =>
      engine.transition({ ...run, transitionId: 'ship', actor }),
  }
}

const both = [
  ['ann', 'approve'],
  ['ben', 'approve'],
] as const

test('guards believe only approvals that are on record', async () => {
  expect(await (await reviewed(both)).ship()).toMatchObject({ status: 'executed' })
  expect(await (await reviewed(both)).ship(person('ben'))).toMatchObject({ reason: 'another' })
  expect(await (await reviewed([])).ship()).toMatchObject({ reason: 'reviewed' })
})

test.each<[string, Votes, (request: ApprovalRequest) => Partial<ApprovalRequest>]>([
  [
    'that it was approved',
    [],
    () => ({ status: 'approved', decisions: [vote('ann'), vote('ben')] }),
  ],
  [
    'that it was approved after one vote',
    [['ann', 'approve']],
    ({ decisions, createdAt }) => ({
      status: 'approved',
      decidedAt: createdAt,
      decisions: [...decisions, { ...vote('ann'), reviewer: person('dora') }],
    }),
  ],
  [
    'that it was not rejected',
    [
      ['ann', 'approve'],
      ['ben', 'reject'],
    ],
    ({ createdAt }) => ({
      status: 'approved',
      decidedAt: createdAt,
      decisions: [vote('ann'), vote('ben')],
    }),
  ],
  [
    'that it is over',
    [['ann', 'reject']],
    () => ({ status: 'pending', decidedAt: null, decisions: [] }),
  ],
  ['who approved', both, () => ({ decisions: [vote('ann'), vote('dora')] })],
  ['that somebody approved', both, ({ decisions }) => ({ decisions: decisions.slice(0, 1) })],
  ['who asked', both, () => ({ requester: { type: 'ai-agent', id: 'other' } })],
])('nothing follows from an approval if %s was changed', async (_, decisions, change) => {
  const { ship } = await reviewed(decisions, change)
  await expect(ship()).rejects.toMatchObject({ code: 'corrupt' })
})

test('the age of an approval is that of its record', async () => {
  const { ship, later } = await reviewed(both, () => ({
    decidedAt: Date.parse('2026-01-01T02:00Z'),
  }))
  later(2 * 3_600_000)
  expect(await ship()).toMatchObject({ status: 'guard_failed', reason: 'reviewed' })
})

test('a request that was changed and then rejected does not block another one', async () => {
  const { review, ship } = await reviewed([['ann', 'reject']], ({ status, policy }) =>
    status === 'rejected' ? { policy: { ...policy, expiresIn: '9h' } } : {},
  )
  expect(await ship()).toMatchObject({ reason: 'reviewed' })
  await review(both)

  expect(await ship()).toMatchObject({ status: 'executed' })
})

test('a request that was compared once is read again only if it changes', async () => {
  let isChanged = false
  const { ship, reads } = await reviewed(both, () =>
    isChanged ? { decisions: [vote('ann'), vote('dora')] } : {},
  )
  expect(await ship(person('ben'))).toMatchObject({ reason: 'another' })
  const before = reads()

  expect(await ship(person('ben'))).toMatchObject({ reason: 'another' })
  expect(reads()).toBe(before)

  isChanged = true
  await expect(ship(person('ben'))).rejects.toMatchObject({ code: 'corrupt' })
})
