import type { LoopInstance } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { approvalRequest, nextPlan, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { everyPage } from './answers.ts'
import { testCursors } from './cursors.ts'

/** Tests lists: filters, order, pages and cursors. */
export function testStorePaging(open: OpenStore): void {
  describe('lists', () => {
    test('find filters by every field, and by all of them at once', async () => {
      const store = await open()
      const base: Partial<LoopInstance> = {
        loopId: 'order',
        currentState: 'open',
        tags: ['eu', 'vip'],
      }
      await store.commit([
        startPlan({ ...base, aggregateId: 'a' }),
        startPlan({ ...base, aggregateId: 'b', loopId: 'refund' }),
        startPlan({ ...base, aggregateId: 'c', currentState: 'paid' }),
        startPlan({ ...base, aggregateId: 'd', status: 'completed' }),
        startPlan({ ...base, aggregateId: 'e', tags: ['us', 'vip-2'] }),
        startPlan({ ...base, aggregateId: 'f', createdAt: planEpoch + 5000 }),
      ])
      const found = async (query: object): Promise<string> =>
        (await store.find({ tenant: 'acme', ...query })).items
          .map((item) => item.aggregateId)
          .join('')

      expect(await found({})).toBe('abcdef')
      expect(await found({ loopId: 'refund' })).toBe('b')
      expect(await found({ state: 'paid' })).toBe('c')
      expect(await found({ status: 'completed' })).toBe('d')
      expect(await found({ tag: 'vip' })).toBe('abcdf')
      expect(await found({ aggregateId: 'e' })).toBe('e')
      expect(await found({ updatedFrom: planEpoch + 5000 })).toBe('f')
      expect(await found({ updatedUntil: planEpoch + 5000 })).toBe('abcde')
      expect(
        await found({
          loopId: 'order',
          state: 'open',
          status: 'active',
          tag: 'eu',
          updatedUntil: planEpoch + 1,
        }),
      ).toBe('a')
    })

    test('find follows a run as it moves', async () => {
      const store = await open()
      const start = startPlan({ tags: ['old', 'both'] })
      await store.commit([start])
      const change = { currentState: 'paid', status: 'completed', tags: ['both', 'new'] } as const
      const moved = nextPlan(start.instance, [{}], {}, change)
      await store.commit([moved])
      const count = async (query: object): Promise<number> =>
        (await store.find({ tenant: 'acme', ...query })).items.length

      expect(await count({ state: 'open' })).toBe(0)
      expect(await count({ status: 'active' })).toBe(0)
      expect(await count({ tag: 'old' })).toBe(0)
      expect(
        (await store.find({ tenant: 'acme', state: 'paid', status: 'completed', tag: 'new' }))
          .items,
      ).toEqual([moved.instance])
      expect(await count({ tag: 'both', updatedFrom: moved.instance.updatedAt })).toBe(1)
    })

    test('pages of runs are ordered by creation, each run once, even if many were created at the same time', async () => {
      const store = await open()
      const plans = Array.from({ length: 25 }, (_, index) =>
        startPlan({
          aggregateId: `a-${index}`,
          runId: `run-${(index * 7) % 25}`,
          createdAt: planEpoch + Math.floor(index / 10),
        }),
      )
      await store.commit(plans)
      const expected = plans
        .map(({ instance }) => instance)
        .toSorted(
          (one, other) => one.createdAt - other.createdAt || (one.runId < other.runId ? -1 : 1),
        )

      for (const limit of [1, 7, 25, 1000]) {
        const seen = await everyPage((cursor) =>
          store.find({ tenant: 'acme', loopId: 'order', limit, cursor }),
        )
        expect(seen).toEqual(expected)
      }
    })

    test('a run that is created meanwhile does not disturb a page', async () => {
      const store = await open()
      await store.commit(['b', 'd'].map((id) => startPlan({ aggregateId: id })))
      const first = await store.find({ tenant: 'acme', limit: 1 })
      await store.commit(['a', 'c', 'e'].map((id) => startPlan({ aggregateId: id })))

      const rest = await store.find({ tenant: 'acme', cursor: first.cursor })
      expect(rest.items.map(({ aggregateId }) => aggregateId).join('')).toBe('cde')
    })

    test('approvals filter by every field and come newest first', async () => {
      const store = await open()
      const a = startPlan({ aggregateId: 'a' })
      const b = startPlan({ aggregateId: 'b', loopId: 'refund' })
      const requests = [1, 2, 3, 4, 5, 6].map((n) =>
        approvalRequest(n === 6 ? b.instance : a.instance, {
          id: `r${n}`,
          status: n === 1 ? 'approved' : 'pending',
          createdAt: planEpoch + Math.floor(n / 3),
        }),
      )
      await store.commit([
        { ...a, approvals: requests.slice(0, 5) },
        { ...b, approvals: requests.slice(5) },
      ])
      const found = async (query: object): Promise<string> =>
        (await store.approvals({ tenant: 'acme', ...query })).items.map(({ id }) => id).join()

      expect(await found({})).toBe('r6,r5,r4,r3,r2,r1')
      expect(await found({ status: 'approved' })).toBe('r1')
      expect(await found({ status: 'pending', aggregateId: 'a' })).toBe('r5,r4,r3,r2')
      expect(await found({ runId: b.instance.runId })).toBe('r6')
      expect(await found({ runId: a.instance.runId })).toBe('r5,r4,r3,r2,r1')
      expect(await found({ loopId: 'refund' })).toBe('r6')
      const seen = await everyPage((cursor) =>
        store.approvals({ tenant: 'acme', limit: 2, cursor }),
      )
      expect(seen.map(({ id }) => id).join()).toBe('r6,r5,r4,r3,r2,r1')
    })

    testCursors(open)
  })
}
