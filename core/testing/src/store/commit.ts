import { describe, expect, test } from 'vitest'

import { nextPlan, outboxItem, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { testCheckOrder } from './check-order.ts'
import { testKeys } from './keys.ts'
import { testRefusals } from './refusals.ts'
import { testVersions } from './versions.ts'

const committed = { kind: 'committed' }

/** Tests the answers of `commit`. */
export function testStoreCommit(open: OpenStore): void {
  describe('commit', () => {
    test('makes a new run visible to every read', async () => {
      const store = await open()
      const plan = startPlan()

      expect(await store.commit([plan])).toEqual([committed])

      const { instance, entries } = plan
      expect(await store.get('acme', 'order-1')).toEqual(instance)
      expect(await store.getRun('acme', instance.runId)).toEqual(instance)
      expect((await store.find({ tenant: 'acme' })).items).toEqual([instance])
      expect(await store.entries('acme', instance.runId)).toEqual(entries)
    })

    test('moves a run on', async () => {
      const store = await open()
      const start = startPlan({ metadata: { deep: [1, { two: null }] }, tags: ['a', 'b'] })
      const next = nextPlan(
        start.instance,
        [{}, { type: 'loop.completed' }],
        {},
        { status: 'completed' },
      )

      await store.commit([start])
      expect(await store.commit([next])).toEqual([committed])

      expect(await store.get('acme', 'order-1')).toEqual(next.instance)
      expect(await store.entries('acme', next.instance.runId)).toEqual([
        ...start.entries,
        ...next.entries,
      ])
    })

    test('answers an empty list of plans with an empty list', async () => {
      expect(await (await open()).commit([])).toEqual([])
    })

    test('may change things beside a run without recording an entry', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])

      const item = outboxItem(start.instance)
      expect(await store.commit([nextPlan(start.instance, [], { outbox: [item] })])).toEqual([
        committed,
      ])
      expect(await store.nextDueAt()).toBe(item.dueAt)
    })

    testVersions(open)
    testKeys(open)
    testRefusals(open)
    testCheckOrder(open)
  })
}
