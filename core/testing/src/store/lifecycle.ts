import { durabilities, isLoopError, type LoopStore } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { codeOf } from './answers.ts'

/** Tests opening, pruning and closing a store. */
export function testStoreLifecycle(open: OpenStore): void {
  describe('lifecycle', () => {
    test('names itself, its contract and its durability', async () => {
      const store = await open()
      expect(store.contract).toBe('store/v1')
      expect(store.name).not.toBe('')
      expect(durabilities).toContain(store.durability)
    })

    test('opens for several starters at once, and again', async () => {
      const store = await open()
      await Promise.all([store.open(), store.open()])
      await store.commit([startPlan()])
      await store.open()

      expect(await store.get('acme', 'order-1')).not.toBeNull()
    })

    test('prunes expired keys and counter windows, and nothing else', async () => {
      const store = await open()
      const at = planEpoch
      const record = (key: string, time: number): object => ({
        idempotency: { principal: 'human:ann', key, fingerprint: 'f', answer: key, at: time },
        reservations: [
          { key: `ends-${key}`, bucket: 1, amount: 1, limit: 9, expiresAt: time },
          { key: `stays-${key}`, bucket: 0, amount: 1, limit: 9 },
        ],
      })
      await store.commit([
        startPlan(
          { aggregateId: 'a' },
          { ...record('old', at - 1), spend: { receipt: 'r', by: 'x' } },
        ),
        startPlan({ aggregateId: 'b' }, record('new', at)),
      ])

      expect(await store.prune(at)).toBe(2)
      expect(await store.prune(at)).toBe(0)

      expect(await store.idempotency('acme', 'human:ann', 'old')).toBeNull()
      expect(await store.idempotency('acme', 'human:ann', 'new')).toMatchObject({ answer: 'new' })
      const counters = ['ends-old', 'ends-new', 'stays-old', 'stays-new'].map((key) =>
        store.counter('acme', key, key.startsWith('ends') ? 1 : 0),
      )
      expect(await Promise.all(counters)).toEqual([0, 1, 1, 1])
      expect(await store.spentBy('acme', 'r')).toBe('x')
      expect((await store.find({ tenant: 'acme' })).items).toHaveLength(2)
    })

    test('keeps a counter window for as long as any of its reservations needs it', async () => {
      const store = await open()
      const at = planEpoch
      const ends: readonly (readonly [string, readonly (number | undefined)[]])[] = [
        ['shorter', [at, at - 1]],
        ['longer', [at - 1, at]],
        ['for ever, then not', [undefined, at - 1]],
        ['for ever in the end', [at - 1, undefined]],
        ['over', [at - 1, at - 2]],
      ]
      for (const [key, times] of ends)
        for (const [place, expiresAt] of times.entries())
          await store.commit([
            startPlan(
              { aggregateId: `${key} ${place}`, runId: `${key} ${place}` },
              {
                reservations: [
                  {
                    key,
                    bucket: 1,
                    amount: 1,
                    limit: 9,
                    ...(expiresAt !== undefined && { expiresAt }),
                  },
                ],
              },
            ),
          ])

      await store.prune(at)

      const left = await Promise.all(ends.map(([key]) => store.counter('acme', key, 1)))
      expect(left).toEqual([2, 2, 2, 2, 0])
    })

    test('can be closed twice, and throws `closed` from then on', async () => {
      const store = await open()
      await Promise.all([store.close(), store.close()])
      await store.close()

      for (const [name, call] of Object.entries(everyCall(store)))
        expect([name, await codeOf(call())]).toEqual([name, 'closed'])
    })

    test('a call that was made before closing is carried out or refused, never lost', async () => {
      const store = await open()
      const pending = Array.from({ length: 5 }, (_, index) =>
        store.commit([startPlan({ aggregateId: `a-${index}` })]),
      )
      const [answers] = await Promise.all([Promise.allSettled(pending), store.close()])

      for (const answer of answers) {
        if (answer.status === 'fulfilled') expect(answer.value).toEqual([{ kind: 'committed' }])
        else expect(isLoopError(answer.reason) && answer.reason.code).toBe('closed')
      }
    })
  })
}

function everyCall(store: LoopStore): Record<string, () => Promise<unknown>> {
  return {
    open: () => store.open(),
    commit: () => store.commit([startPlan()]),
    get: () => store.get('acme', 'x'),
    getRun: () => store.getRun('acme', 'x'),
    find: () => store.find({ tenant: 'acme' }),
    entries: () => store.entries('acme', 'x'),
    lastExecuted: () => store.lastExecuted('acme', 'x', 'y'),
    approval: () => store.approval('acme', 'x'),
    approvals: () => store.approvals({ tenant: 'acme' }),
    idempotency: () => store.idempotency('acme', 'x', 'y'),
    counter: () => store.counter('acme', 'x', 0),
    spentBy: () => store.spentBy('acme', 'x'),
    stops: () => store.stops(),
    putDefinition: () => store.putDefinition('d', '{}'),
    definition: () => store.definition('d'),
    delivery: () => store.delivery('acme', 'x'),
    claim: () => store.claim({ worker: 'w', now: 0, leaseMs: 1, limit: 1 }),
    settle: () => store.settle([{ id: 'x', fence: 1, outcome: { kind: 'done' } }]),
    extend: () => store.extend([{ id: 'x', fence: 1 }], 1),
    nextDueAt: () => store.nextDueAt(),
    deadLetters: () => store.deadLetters({ tenant: 'acme' }),
    revive: () => store.revive('acme', 'x', 0),
    logHead: () => store.logHead('acme'),
    unlogged: () => store.unlogged('acme', 1),
    appendLog: () =>
      store.appendLog('acme', {
        expectedSize: 0,
        leaves: [],
        head: { size: 0, root: '', frontier: [], note: null },
      }),
    signLog: () => store.signLog('acme', { size: 0, root: '' }, 'note'),
    ...(store.tail && { tail: async () => store.tail?.({ tenant: 'acme' }) }),
    ...(store.watch && { watch: async () => store.watch?.(() => {}) }),
    leaves: () => store.leaves('acme', { from: 0, limit: 1 }),
    leavesOf: () => store.leavesOf('acme', 'x', { from: 1, limit: 1 }),
    prune: () => store.prune(0),
  }
}
