import type { Actor, ApprovalRequest, LoopStore } from '@loop-engine/core'
import { createLoopSystem } from '@loop-engine/sdk'
import {
  approvalRequest,
  createTestClock,
  nextPlan,
  planEpoch,
  startPlan,
} from '@loop-engine/testing'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'

import { storeKinds } from './stores.ts'

const kinds = storeKinds()
afterAll(async () => void (await Promise.all(kinds.map((kind) => kind.end()))))

const people = ['ann', 'user:ann', 'ben', 'role:ops', 'user:role:ops']
const groups = ['ops', 'ann', 'legal']
const names = fc.constantFrom(
  '*',
  ...people,
  ...people.map((id) => `user:${id}`),
  ...groups.flatMap((group) => [`role:${group}`, `group:${group}`]),
)
const stage = fc.integer({ min: 0, max: 2 })
const person = fc.constantFrom(...people)

/** What a request says at one time of who may decide it. */
const standing = fc.record({
  status: fc.constantFrom<ApprovalRequest['status']>('pending', 'pending', 'approved', 'expired'),
  stage,
  escalated: fc.array(names, { maxLength: 2 }),
  delegations: fc.array(fc.record({ from: person, to: names, stage, at: fc.constant(planEpoch) }), {
    maxLength: 3,
  }),
})
/** A request as it was asked, and as it stood after each change. */
const versions = fc
  .record({
    policy: fc.record({
      stages: fc.array(
        fc.record({
          reviewers: fc.array(names, { minLength: 1, maxLength: 3 }),
          quorum: fc.constant(1),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      fourEyes: fc.boolean(),
      expiresIn: fc.constant('1h'),
    }),
    requester: fc.record({ type: fc.constant('human' as const), id: person }),
    standings: fc.array(standing, { minLength: 1, maxLength: 3 }),
  })
  .map(({ standings, ...asked }): readonly Partial<ApprovalRequest>[] =>
    standings.map((one) => ({ ...asked, ...one })),
  )
const actor: fc.Arbitrary<Actor> = fc.record(
  {
    type: fc.constant('human' as const),
    id: person,
    roles: fc.uniqueArray(fc.constantFrom(...groups)),
    groups: fc.uniqueArray(fc.constantFrom(...groups)),
  },
  { requiredKeys: ['type', 'id'] },
)

const requests = fc.array(versions, { minLength: 20, maxLength: 30 })
const cases = fc.sample(fc.tuple(requests, fc.array(actor, { minLength: 3, maxLength: 6 })), {
  numRuns: 20,
  seed: 20260107,
})

test.each(kinds)(
  'on $name an inbox holds the same requests as a walk over all open ones finds',
  async (kind) => {
    let found = 0
    for (const [asked, actors] of cases) {
      const store = await kind.create()
      await store.open()
      await fill(store, asked)
      const [indexed, walked] = [await inboxOf(store), await inboxOf(walking(store))]
      for (const one of actors) {
        const all = await walked(one)
        expect(await indexed(one)).toEqual(all)
        expect(await indexed(one, 2)).toEqual(all.slice(0, 2))
        found += all.length
      }
    }
    expect(found).toBeGreaterThan(300)
  },
)

async function fill(
  store: LoopStore,
  asked: readonly (readonly Partial<ApprovalRequest>[])[],
): Promise<void> {
  for (const [place, [first, ...others]] of asked.entries()) {
    let plan = startPlan({ aggregateId: `order-${place}`, createdAt: planEpoch + (place % 7) })
    const request = approvalRequest(plan.instance, first)
    await store.commit([{ ...plan, approvals: [request] }])
    for (const change of others) {
      plan = nextPlan(plan.instance, [{}], { approvals: [{ ...request, ...change }] })
      await store.commit([plan])
    }
  }
}

/** A store that finds what waits by looking at every open request, the oldest first. */
function walking(store: LoopStore): LoopStore {
  return {
    ...store,
    async approvals({ tenant }) {
      const { items } = await store.approvals({ tenant, status: 'pending', limit: 1000 })
      return { items: items.toReversed() }
    },
  }
}

async function inboxOf(store: LoopStore) {
  const { approvals } = await createLoopSystem({
    loops: [],
    store,
    relay: false,
    clock: createTestClock(planEpoch),
  })
  return async (one: Actor, limit?: number) =>
    (await approvals.inbox({ actor: one, tenant: 'acme', ...(limit && { limit }) })).map(
      ({ id }) => id,
    )
}
