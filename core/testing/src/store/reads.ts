import { describe, expect, test } from 'vitest'

import { approvalRequest, nextPlan, outboxItem, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { testNames } from './names.ts'

/** Tests the reads of single things. */
export function testStoreReads(open: OpenStore): void {
  describe('reads', () => {
    test('reading something that does not exist gives null or an empty list', async () => {
      const store = await open()

      expect(await store.get('acme', 'x')).toBeNull()
      expect(await store.getRun('acme', 'x')).toBeNull()
      expect(await store.find({ tenant: 'acme' })).toEqual({ items: [] })
      expect(await store.entries('acme', 'x')).toEqual([])
      expect(await store.lastExecuted('acme', 'x', 'y')).toBeNull()
      expect(await store.approval('acme', 'x')).toBeNull()
      expect(await store.approvals({ tenant: 'acme' })).toEqual({ items: [] })
      expect(await store.idempotency('acme', 'x', 'y')).toBeNull()
      expect(await store.counter('acme', 'x', 0)).toBe(0)
      expect(await store.spentBy('acme', 'x')).toBeNull()
      expect(await store.stops()).toEqual([])
      expect(await store.definition('x')).toBeNull()
    })

    test('get finds the open run, or else the newest', async () => {
      const store = await open()
      const runs = [2, 3, 1].map((day) =>
        startPlan({ runId: `run-${day}`, createdAt: planEpoch + day, status: 'completed' }),
      )
      await store.commit(runs)
      expect((await store.get('acme', 'order-1'))?.runId).toBe('run-3')
      const { items } = await store.find({ tenant: 'acme', aggregateId: 'order-1' })
      expect(items.map(({ runId }) => runId)).toEqual(['run-1', 'run-2', 'run-3'])

      await store.commit([startPlan({ runId: 'run-0', createdAt: planEpoch })])
      expect((await store.get('acme', 'order-1'))?.runId).toBe('run-0')
    })

    test('entries come in order, within the range, up to the limit', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])
      await store.commit([
        nextPlan(
          start.instance,
          Array.from({ length: 9 }, () => ({})),
        ),
      ])
      const { runId } = start.instance
      const seqs = async (range?: {
        from?: number
        to?: number
        limit?: number
      }): Promise<number[]> => (await store.entries('acme', runId, range)).map(({ seq }) => seq)

      expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      expect(await seqs({ from: 4, to: 6 })).toEqual([4, 5, 6])
      expect(await seqs({ from: 9 })).toEqual([9, 10])
      expect(await seqs({ to: 2 })).toEqual([1, 2])
      expect(await seqs({ from: -5, to: 1 })).toEqual([1])
      expect(await seqs({ from: 3, limit: 2 })).toEqual([3, 4])
      expect(await seqs({ from: 6, to: 3 })).toEqual([])
      expect(await seqs({ from: 11 })).toEqual([])
    })

    test('a read returns at most a thousand entries by default', async () => {
      const store = await open()
      const start = startPlan()
      const changes = Array.from({ length: 1000 }, () => ({}))
      await store.commit([start, nextPlan(start.instance, changes)])

      expect(await store.entries('acme', start.instance.runId)).toHaveLength(1000)
    })

    test('entries keep the exact text that was hashed', async () => {
      const store = await open()
      const sealed = { text: '{"é":"\\u0007 😀","n":1e+21}', salt: 'f'.repeat(32) }
      const plan = startPlan({ aggregateId: 'ключ "1" \u2028' })
      const next = nextPlan(plan.instance, [
        { sealed, message: 'naïve 😀 \\ " \t', data: { a: [0.1, -1e-7] } },
      ])
      await store.commit([plan, next])

      expect(await store.entries('acme', plan.instance.runId)).toEqual([
        ...plan.entries,
        ...next.entries,
      ])
    })

    test('texts are kept unchanged, however long they are', async () => {
      const store = await open()
      const text = `{"b": 1.0, "a": "${'é😀'.repeat(80_000)}"}`
      const start = startPlan()
      const next = nextPlan(start.instance, [{ sealed: { text, salt: 'f'.repeat(32) } }], {
        outbox: [outboxItem(start.instance, { payload: text })],
        idempotency: { principal: 'p', key: 'k', fingerprint: 'f', answer: text, at: planEpoch },
      })
      await store.commit([start, next])
      await store.putDefinition('d', text)

      expect((await store.entries('acme', start.instance.runId))[1]).toEqual(next.entries[0])
      const due = { worker: 'w', now: start.instance.updatedAt, leaseMs: 1, limit: 1 }
      const kept = await Promise.all([
        store.idempotency('acme', 'p', 'k').then((record) => record?.answer === text),
        store.claim(due).then(([item]) => item?.payload === text),
        store.definition('d').then((definition) => definition === text),
      ])
      expect(kept).toEqual([true, true, true])
    })

    test('lastExecuted finds the newest execution of that transition', async () => {
      const store = await open()
      const start = startPlan()
      const changes = [
        { transitionId: 'a' },
        { transitionId: 'b' },
        { transitionId: 'a' },
        { type: 'loop.transition.blocked', transitionId: 'a' } as const,
        { type: 'loop.transition.requested', transitionId: 'c' } as const,
      ]
      const next = nextPlan(start.instance, changes)
      const other = startPlan({ aggregateId: 'other' })
      await store.commit([start, next, other, nextPlan(other.instance, [{ transitionId: 'c' }])])
      const last = async (id: string): Promise<number | undefined> =>
        (await store.lastExecuted('acme', start.instance.runId, id))?.seq

      expect(await Promise.all(['a', 'b', 'c'].map(last))).toEqual([4, 3, undefined])
      expect(await store.lastExecuted('acme', start.instance.runId, 'a')).toEqual(next.entries[2])
    })

    test('an approval request is replaced as a whole', async () => {
      const store = await open()
      const start = startPlan()
      const request = approvalRequest(start.instance)
      await store.commit([{ ...start, approvals: [request] }])
      expect(await store.approval('acme', request.id)).toEqual(request)

      const decided = {
        ...request,
        status: 'approved',
        decidedAt: planEpoch + 5,
        evidence: null,
      } as const
      await store.commit([nextPlan(start.instance, [{}], { approvals: [decided] })])
      expect(await store.approval('acme', request.id)).toEqual(decided)
      expect((await store.approvals({ tenant: 'acme', status: 'pending' })).items).toEqual([])
    })

    test('the keys of objects come back unchanged, whatever was read before', async () => {
      const store = await open()
      const start = startPlan()
      const request = { ...approvalRequest(start.instance), evidence: { amount: 1, 'z\n': 2 } }
      await store.commit([{ ...start, approvals: [request] }])
      // V8 may confuse one key with another: nodejs/node#63785.
      JSON.parse(String.raw`{"amount":1,"z\\":2}`)

      expect((await store.approval('acme', request.id))?.evidence).toEqual(request.evidence)
    })

    test('definitions are kept by digest', async () => {
      const store = await open()
      await Promise.all([
        store.putDefinition('d1', '{"id":"a"}'),
        store.putDefinition('d1', '{"id":"a"}'),
      ])
      await store.putDefinition('d2', '{"id":"b"}')

      expect(await store.definition('d1')).toBe('{"id":"a"}')
      expect(await store.definition('d2')).toBe('{"id":"b"}')
    })

    testNames(open)
  })
}
