import {
  stopScopes,
  type CommitPlan,
  type IdempotencyRecord,
  type LoopStore,
} from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { nextPlan, outboxItem, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'

const committed = { kind: 'committed' }
const scopes = stopScopes('acme', 'order', 'order-1', 'tester')

function key(change: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  return {
    principal: 'human:ann',
    key: 'k1',
    fingerprint: 'f1',
    answer: '{"status":"executed"}',
    at: planEpoch,
    ...change,
  }
}

/** What `commit` answers, and when. */
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

    test('answers nothing for nothing', async () => {
      expect(await (await open()).commit([])).toEqual([])
    })

    test('may change what lies beside a run and record no entry', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])

      const item = outboxItem(start.instance)
      expect(await store.commit([nextPlan(start.instance, [], { outbox: [item] })])).toEqual([
        committed,
      ])
      expect(await store.nextDueAt()).toBe(item.dueAt)
    })

    test('a stale version is a conflict that tells the actual one', async () => {
      const store = await open()
      const start = startPlan()
      const next = nextPlan(start.instance)
      await store.commit([start])
      await store.commit([next])

      expect(await store.commit([nextPlan(start.instance, [{ reason: 'late' }])])).toEqual([
        { kind: 'conflict', actual: 2 },
      ])
      expect(await store.commit([startPlan()])).toEqual([{ kind: 'conflict', actual: 2 }])
      expect(await store.entries('acme', start.instance.runId)).toHaveLength(2)
    })

    test('a run that does not exist has no version', async () => {
      const store = await open()
      expect(await store.commit([nextPlan(startPlan().instance)])).toEqual([
        { kind: 'conflict', actual: null },
      ])
      expect(await store.get('acme', 'order-1')).toBeNull()
    })

    test('a business key has at most one open run', async () => {
      const store = await open()
      const first = startPlan({ runId: 'run-1' })
      const second = startPlan({ runId: 'run-2', createdAt: planEpoch + 60_000 })
      await store.commit([first])

      expect(await store.commit([second])).toMatchObject([{ kind: 'conflict' }])
      expect(await store.getRun('acme', 'run-2')).toBeNull()

      const suspended = nextPlan(
        first.instance,
        [{ type: 'loop.suspended' }],
        {},
        { status: 'suspended' },
      )
      await store.commit([suspended])
      expect(await store.commit([second])).toMatchObject([{ kind: 'conflict' }])

      const done = nextPlan(suspended.instance, [{ type: 'loop.failed' }], {}, { status: 'failed' })
      await store.commit([done])
      expect(await store.get('acme', 'order-1')).toEqual(done.instance)
      expect(await store.commit([second])).toEqual([committed])
      expect(await store.get('acme', 'order-1')).toEqual(second.instance)

      const reopened = nextPlan(done.instance, [{ type: 'loop.resumed' }], {}, { status: 'active' })
      expect(await store.commit([reopened])).toEqual([{ kind: 'conflict', actual: 3 }])
    })

    test('of many that judged the same version, one commits', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])

      const rivals = Array.from({ length: 64 }, (_, rival) =>
        nextPlan(start.instance, [{ reason: `rival-${rival}` }]),
      )
      const results = (await Promise.all(rivals.map((plan) => store.commit([plan])))).flat()

      expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
      expect(results.filter(({ kind }) => kind === 'conflict')).toHaveLength(63)
      const winner = rivals[results.findIndex(({ kind }) => kind === 'committed')]
      expect(await store.getRun('acme', start.instance.runId)).toEqual(winner?.instance)
      expect(await store.entries('acme', start.instance.runId)).toHaveLength(2)
    })

    test('a key answers for ever what it answered first', async () => {
      const store = await open()
      const start = startPlan({}, { idempotency: key() })
      await store.commit([start])

      const again = nextPlan(start.instance, [{}], { idempotency: key({ answer: '"other"' }) })
      expect(await store.commit([again])).toEqual([{ kind: 'duplicate', answer: key().answer }])
      const other = nextPlan(start.instance, [{}], { idempotency: key({ fingerprint: 'f2' }) })
      expect(await store.commit([other])).toEqual([{ kind: 'key-mismatch' }])

      expect(await store.idempotency('acme', 'human:ann', 'k1')).toEqual(key())
      expect(await store.entries('acme', start.instance.runId)).toHaveLength(1)
    })

    test('a key belongs to its tenant and its principal', async () => {
      const store = await open()
      const idempotency = key()
      await store.commit([startPlan({}, { idempotency })])

      expect(await store.idempotency('acme', 'human:bob', 'k1')).toBeNull()
      expect(await store.idempotency('acme', 'human:ann\nk1', '')).toBeNull()
      expect(await store.idempotency('other', 'human:ann', 'k1')).toBeNull()
      const bobs = startPlan(
        { aggregateId: 'b' },
        { idempotency: key({ principal: 'human:bob', fingerprint: 'f2' }) },
      )
      const others = startPlan({ tenant: 'other' }, { idempotency: key({ fingerprint: 'f3' }) })
      expect(await store.commit([bobs, others])).toEqual([committed, committed])
    })

    test('the same key at once takes effect once', async () => {
      const store = await open()
      const idempotency = key()
      const plans = Array.from({ length: 16 }, (_, index) =>
        startPlan({ aggregateId: `a-${index}` }, { idempotency }),
      )
      const results = (await Promise.all(plans.map((plan) => store.commit([plan])))).flat()

      expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
      expect(results.filter(({ kind }) => kind === 'duplicate')).toHaveLength(15)
      expect((await store.find({ tenant: 'acme' })).items).toHaveLength(1)
    })

    test.each(scopes)('a stop of %s refuses every change that names it', async (scope) => {
      const store = await open()
      const start = startPlan()
      const stop = { scope, reason: 'incident', by: 'human:ann', at: planEpoch }
      await store.commit([{ ...start, stops: { set: [stop] } }])

      const next = nextPlan(start.instance)
      expect(await store.stops()).toEqual([stop])
      expect(await store.commit([{ ...next, scopes }])).toEqual([
        { kind: 'refused', reason: 'stopped', detail: scope },
      ])
      const elsewhere = stopScopes('other', 'else', 'where', 'nobody').slice(1)
      const calm = startPlan({ aggregateId: 'calm' }, { scopes: elsewhere })
      expect(await store.commit([calm])).toEqual([committed])

      // A change that names no scope is not held up: that is how a stop is released.
      expect(await store.commit([{ ...next, stops: { clear: [scope] } }])).toEqual([committed])
      expect(await store.stops()).toEqual([])
      expect(await store.commit([{ ...nextPlan(next.instance), scopes }])).toEqual([committed])
    })

    test('a receipt is spent once, by one', async () => {
      const store = await open()
      const start = startPlan()
      await store.commit([start])
      const { head } = start.instance

      const spenders = Array.from({ length: 8 }, (_, index) =>
        startPlan(
          { aggregateId: `spender-${index}` },
          { spend: { receipt: head, by: `effect-${index}` } },
        ),
      )
      const results = (await Promise.all(spenders.map((plan) => store.commit([plan])))).flat()

      const winner = results.findIndex(({ kind }) => kind === 'committed')
      expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
      expect(results.filter(({ kind }) => kind === 'refused')).toHaveLength(7)
      expect(results.find(({ kind }) => kind === 'refused')).toEqual({
        kind: 'refused',
        reason: 'spent',
        detail: head,
      })
      expect(await store.spentBy('acme', head)).toBe(`effect-${winner}`)
      expect(await store.spentBy('other', head)).toBeNull()
    })

    test('a limit is never overrun, however many ask at once', async () => {
      const store = await open()
      const reserve = (aggregateId: string, amount: number): CommitPlan =>
        startPlan(
          { aggregateId },
          { reservations: [{ key: 'budget', bucket: 7, amount, limit: 10 }] },
        )
      const results = (
        await Promise.all(
          Array.from({ length: 25 }, (_, index) => store.commit([reserve(`a-${index}`, 1)])),
        )
      ).flat()

      expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(10)
      expect(results.find(({ kind }) => kind === 'refused')).toEqual({
        kind: 'refused',
        reason: 'limit',
        detail: 'budget',
      })
      expect(await store.counter('acme', 'budget', 7)).toBe(10)
      expect(await store.counter('acme', 'budget', 8)).toBe(0)
      expect(await store.counter('other', 'budget', 7)).toBe(0)
    })

    test('an open run is moved neither under a spent receipt nor over a limit', async () => {
      const store = await open()
      const start = startPlan()
      const reserved = { key: 'budget', bucket: 7, amount: 10, limit: 10 }
      await store.commit([
        { ...start, spend: { receipt: 'spent', by: 'effect-1' }, reservations: [reserved] },
      ])

      const again = nextPlan(start.instance, [{}], { spend: { receipt: 'spent', by: 'effect-2' } })
      expect(await store.commit([again])).toEqual([
        { kind: 'refused', reason: 'spent', detail: 'spent' },
      ])
      const over = nextPlan(start.instance, [{}], { reservations: [{ ...reserved, amount: 1 }] })
      expect(await store.commit([over])).toEqual([
        { kind: 'refused', reason: 'limit', detail: 'budget' },
      ])
      expect(await store.get('acme', 'order-1')).toEqual(start.instance)
      expect(await store.counter('acme', 'budget', 7)).toBe(10)
    })

    test('reservations of one plan count together, and amounts may be fractions', async () => {
      const store = await open()
      const part = { key: 'budget', bucket: 5_000_000_000, amount: 0.7001, limit: 1 }
      expect(await store.commit([startPlan({}, { reservations: [part, part] })])).toMatchObject([
        { kind: 'refused', reason: 'limit' },
      ])
      expect(await store.counter('acme', 'budget', part.bucket)).toBe(0)

      expect(await store.commit([startPlan({}, { reservations: [part] })])).toEqual([committed])
      expect(await store.counter('acme', 'budget', part.bucket)).toBe(part.amount)
    })

    test('checks in order: key, fence, stop, version, receipt, limits', async () => {
      const store = await open()
      const { plan, lift } = await everythingForbids(store)

      expect(await store.commit([plan])).toMatchObject([{ kind: 'key-mismatch' }])
      const steps: readonly [keyof typeof lift, object][] = [
        ['key', { kind: 'refused', reason: 'fenced', detail: 'gone' }],
        ['fence', { kind: 'refused', reason: 'stopped', detail: '*' }],
        ['stop', { kind: 'conflict', actual: 2 }],
        ['version', { kind: 'refused', reason: 'spent', detail: 'r'.repeat(64) }],
        ['receipt', { kind: 'refused', reason: 'limit', detail: 'budget' }],
        ['limit', committed],
      ]
      let current = plan
      for (const [step, answer] of steps) {
        current = { ...current, ...lift[step] }
        expect(await store.commit([current])).toEqual([answer])
      }
    })
  })
}

/** A plan that every check forbids, and what lifts each of them. */
async function everythingForbids(store: LoopStore): Promise<{
  plan: CommitPlan
  lift: Record<'key' | 'fence' | 'stop' | 'version' | 'receipt' | 'limit', Partial<CommitPlan>>
}> {
  const start = startPlan(
    {},
    {
      idempotency: key(),
      spend: { receipt: 'r'.repeat(64), by: 'someone' },
      reservations: [{ key: 'budget', bucket: 0, amount: 10, limit: 10 }],
      stops: { set: [{ scope: '*', reason: 'incident', by: 'human:ann', at: planEpoch }] },
    },
  )
  const next = nextPlan(start.instance)
  await store.commit([start])
  await store.commit([next])

  const { instance, entries, expectedVersion } = nextPlan(next.instance)
  const plan = {
    ...nextPlan(start.instance, [{ reason: 'late' }]),
    idempotency: key({ fingerprint: 'f2' }),
    fence: { id: 'gone', fence: 1 },
    scopes: ['*'],
    spend: { receipt: 'r'.repeat(64), by: 'another' },
    reservations: [{ key: 'budget', bucket: 0, amount: 1, limit: 10 }],
  }
  return {
    plan,
    lift: {
      key: { idempotency: key({ key: 'k2' }) },
      fence: { fence: undefined },
      stop: { scopes: [] },
      version: { instance, entries, expectedVersion },
      receipt: { spend: undefined },
      limit: { reservations: undefined },
    },
  }
}
