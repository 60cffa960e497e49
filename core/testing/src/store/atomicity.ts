import type { CommitPlan, LoopStore } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { approvalRequest, nextPlan, outboxItem, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { codeOf } from './answers.ts'

/** Tests that a commit applies all of a plan, or nothing of it. */
export function testStoreAtomicity(open: OpenStore): void {
  describe('all or nothing', () => {
    test('every part of a plan becomes visible together', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])
      const plan = fullPlan(start)

      expect(await store.commit([plan])).toEqual([{ kind: 'committed' }])
      expect(await everything(store)).toEqual({
        instance: plan.instance,
        entries: [...start.entries, ...plan.entries],
        approval: plan.approvals?.[0],
        answer: 'true',
        counter: 3,
        spentBy: 'effect-1',
        stops: ['loop:acme:order'],
        due: plan.outbox?.[0]?.dueAt,
      })
    })

    test.each<[string, Partial<CommitPlan>]>([
      ['a key that was answered', { idempotency: answered }],
      ['the key of another command', { idempotency: { ...answered, fingerprint: 'f2' } }],
      ['a fence', { fence: { id: 'nothing', fence: 1 } }],
      ['a settlement', { settle: { id: 'nothing', fence: 1 } }],
      ['a stop', { scopes: ['tenant:acme'] }],
      ['a version', { expectedVersion: 2, ...onward() }],
      ['a receipt', { spend: { receipt: 'spent', by: 'late' } }],
      ['a limit', { reservations: [{ key: 'budget', bucket: 0, amount: 9, limit: 8 }] }],
    ])('what %s forbids leaves no trace', async (_name, change) => {
      const store = await open()
      const first = { spend: { receipt: 'spent', by: 'first' }, idempotency: answered }
      const start = startPlan({}, first)
      const stop = { scope: 'tenant:acme', reason: 'incident', by: 'human:ann', at: planEpoch }
      await store.commit([{ ...start, stops: { set: [stop] } }])
      const before = await everything(store)

      const [result] = await store.commit([{ ...fullPlan(start), ...change }])

      expect(result?.kind).not.toBe('committed')
      expect(await everything(store)).toEqual(before)
      expect(await store.spentBy('acme', 'fresh')).toBeNull()
      expect(await store.unlogged('acme', 10)).toHaveLength(1)
    })

    test('plans of one call are independent and are committed in order', async () => {
      const store = await open()
      const first = startPlan({ aggregateId: 'a' })
      const stale = nextPlan(startPlan({ aggregateId: 'b' }).instance)
      const second = nextPlan(first.instance)
      const rival = nextPlan(first.instance, [{ reason: 'late' }])

      expect(await store.commit([first, stale, second, rival])).toEqual([
        { kind: 'committed' },
        { kind: 'conflict', actual: null },
        { kind: 'committed' },
        { kind: 'conflict', actual: 2 },
      ])
      expect(await store.get('acme', 'a')).toEqual(second.instance)
      expect(await store.get('acme', 'b')).toBeNull()
    })

    test('entries that do not continue the run are refused, and nothing of the call is committed', async () => {
      const store = await open()
      const good = startPlan({ aggregateId: 'good' })
      const start = startPlan()
      const gap = { ...nextPlan(nextPlan(start.instance).instance), expectedVersion: 1 }
      const jump = { ...gap, instance: { ...gap.instance, version: 2 } }
      await store.commit([start])

      expect(await codeOf(store.commit([good, gap]))).toBe('invalid_input')
      expect(await codeOf(store.commit([good, jump]))).toBe('invalid_input')
      expect(await store.get('acme', 'good')).toBeNull()
      expect(await store.get('acme', 'order-1')).toEqual(start.instance)
    })

    test('the failure of one caller does not affect another at the same time', async () => {
      const store = await open()
      const start = startPlan()
      const gap = nextPlan(nextPlan(start.instance).instance)
      const calls = [
        store.commit([start]),
        store.commit([{ ...gap, expectedVersion: 1 }]),
        store.commit([startPlan({ aggregateId: 'other' })]),
      ]

      expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
      ])
      expect((await store.find({ tenant: 'acme' })).items).toHaveLength(2)
    })

    test('erased evidence is gone, and its entry stays what was hashed', async () => {
      const store = await open()
      const sealed = { text: '{"card":"4111"}', salt: '0'.repeat(32) }
      const start = startPlan()
      const attached = nextPlan(start.instance, [{ sealed }, { sealed }])
      await store.commit([start])
      await store.commit([attached])

      const erase = nextPlan(attached.instance, [{ type: 'loop.evidence.erased' }], {
        erase: [2, 99],
      })
      expect(await store.commit([erase])).toEqual([{ kind: 'committed' }])

      const [, erased, kept] = await store.entries('acme', start.instance.runId)
      const bare = { ...attached.entries[0], evidence: null, salt: null }
      expect(erased).toEqual(bare)
      expect(kept).toEqual(attached.entries[1])
      expect(await store.unlogged('acme', 10)).toContainEqual(bare)
    })

    test('changing a plan after the call changes nothing in the store', async () => {
      const store = await open()
      const entries = [...startPlan().entries]
      const plans = [{ ...startPlan(), entries }]
      const answer = store.commit(plans)
      entries.pop()
      plans.pop()

      expect(await answer).toEqual([{ kind: 'committed' }])
    })
  })
}

const answered = {
  principal: 'human:ann',
  key: 'k0',
  fingerprint: 'f0',
  answer: 'false',
  at: planEpoch,
}

function onward(): Pick<CommitPlan, 'instance' | 'entries'> {
  const { instance, entries } = nextPlan(nextPlan(startPlan().instance).instance)
  return { instance, entries }
}

/** A plan that uses every part. */
function fullPlan(start: CommitPlan): CommitPlan {
  const plan = nextPlan(start.instance)
  const { instance } = plan
  return {
    ...plan,
    approvals: [approvalRequest(instance)],
    outbox: [outboxItem(instance)],
    idempotency: {
      principal: 'human:ann',
      key: 'k1',
      fingerprint: 'f1',
      answer: 'true',
      at: planEpoch,
    },
    reservations: [{ key: 'budget', bucket: 0, amount: 3, limit: 8 }],
    spend: { receipt: 'fresh', by: 'effect-1' },
    stops: {
      set: [{ scope: 'loop:acme:order', reason: 'incident', by: 'human:ann', at: planEpoch }],
      clear: ['*'],
    },
  }
}

async function everything(store: LoopStore): Promise<Record<string, unknown>> {
  const instance = await store.get('acme', 'order-1')
  const runId = instance?.runId ?? ''
  return {
    instance,
    entries: await store.entries('acme', runId),
    approval: await store.approval('acme', `approval-of-${runId}`),
    answer: (await store.idempotency('acme', 'human:ann', 'k1'))?.answer,
    counter: await store.counter('acme', 'budget', 0),
    spentBy: await store.spentBy('acme', 'fresh'),
    stops: (await store.stops()).map(({ scope }) => scope),
    due: await store.nextDueAt(),
  }
}
