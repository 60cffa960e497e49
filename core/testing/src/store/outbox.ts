import type { LoopInstance, LoopStore, OutboxClaim, OutboxItem } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { nextPlan, outboxItem, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { everyPage } from './answers.ts'

const now = planEpoch + 10_000
const leaseMs = 1000

/** Commits a run with these items; each name is an id in its own lane unless it says otherwise. */
async function fill(
  store: LoopStore,
  items: readonly Partial<OutboxItem>[],
): Promise<LoopInstance> {
  const start = startPlan()
  const outbox = items.map((item) =>
    outboxItem(start.instance, { lane: `lane-${item.id}`, ...item }),
  )
  expect(await store.commit([{ ...start, outbox }])).toEqual([{ kind: 'committed' }])
  return start.instance
}

async function claim(
  store: LoopStore,
  change: Partial<Parameters<LoopStore['claim']>[0]> = {},
): Promise<readonly OutboxClaim[]> {
  return store.claim({ worker: 'w1', now, leaseMs, limit: 100, ...change })
}

async function claimIds(
  store: LoopStore,
  change: Parameters<typeof claim>[1] = {},
): Promise<string> {
  return (await claim(store, change)).map(({ id }) => id).join()
}

async function claimOne(
  store: LoopStore,
  change: Parameters<typeof claim>[1] = {},
): Promise<OutboxClaim> {
  const [first] = await claim(store, { limit: 1, ...change })
  if (first === undefined) throw new Error('Nothing could be claimed.')
  return first
}

/** Leases, lanes, fences and dead letters. */
export function testStoreOutbox(open: OpenStore): void {
  describe('outbox', () => {
    test('a claim is the item, its first attempt, its fence and its lease', async () => {
      const store = await open()
      const instance = await fill(store, [{ id: 'a', payload: '{"é":1}' }])

      const [first, ...rest] = await claim(store)

      const { fence } = first ?? { fence: 0 }
      const item = outboxItem(instance, { id: 'a', lane: 'lane-a', payload: '{"é":1}' })
      expect(first).toEqual({ ...item, attempt: 1, fence, leasedUntil: now + leaseMs })
      expect(rest).toEqual([])
      expect(fence).toBeGreaterThan(0)
    })

    test('what is due comes oldest first, up to the limit, and is leased to one', async () => {
      const store = await open()
      await fill(store, [
        { id: 'c', dueAt: now },
        { id: 'a', dueAt: now - 20 },
        { id: 'later', dueAt: now + 1 },
        { id: 'b', dueAt: now - 10 },
      ])

      expect(await claimIds(store, { limit: 2 })).toBe('a,b')
      expect(await claimIds(store)).toBe('c')
      expect(await claimIds(store)).toBe('')
      expect(await claimIds(store, { now: now + 1 })).toBe('later')
    })

    test('claims at the same time share the work and nothing is claimed twice', async () => {
      const store = await open()
      await fill(
        store,
        Array.from({ length: 40 }, (_, index) => ({ id: `item-${index}` })),
      )

      const workers = Array.from({ length: 8 }, (_, index) =>
        claim(store, { worker: `w${index}`, limit: 7 }),
      )
      const ids = (await Promise.all(workers)).flat().map(({ id }) => id)

      expect(ids).toHaveLength(40)
      expect(new Set(ids).size).toBe(40)
    })

    test('a claim may ask for kinds', async () => {
      const store = await open()
      await fill(store, [
        { id: 'a', kind: 'notify' },
        { id: 'b', kind: 'timer' },
        { id: 'c', kind: 'publish' },
        { id: 'd' },
      ])

      expect(await claimIds(store, { kinds: [] })).toBe('')
      expect(
        (await claimIds(store, { kinds: ['timer', 'publish'] })).split(',').toSorted(),
      ).toEqual(['b', 'c'])
      expect((await claimIds(store)).split(',').toSorted()).toEqual(['a', 'd'])
    })

    test('a claim may ask for one business key of one tenant, in order, and leaves the rest to others', async () => {
      const store = await open()
      const { aggregateId, tenant } = await fill(store, [
        { id: 'second', lane: 'x', seq: 2, dueAt: now - 30 },
        { id: 'first', lane: 'x', seq: 1, dueAt: now - 20 },
        { id: 'timer', kind: 'timer', dueAt: now - 10 },
        { id: 'later', dueAt: now + 1 },
      ])
      const foreign = startPlan({ tenant: 'other', aggregateId })
      const sibling = startPlan({ aggregateId: `${aggregateId}-2` })
      await store.commit([
        { ...foreign, outbox: [outboxItem(foreign.instance, { id: 'foreign', dueAt: now - 50 })] },
        { ...sibling, outbox: [outboxItem(sibling.instance, { id: 'sibling', dueAt: now - 40 })] },
      ])
      const instance = { tenant, aggregateId }

      expect(await claimIds(store, { instance, limit: 1 })).toBe('first')
      expect(await claimIds(store, { instance, kinds: ['effect'] })).toBe('')
      expect(await claimIds(store, { instance })).toBe('timer')
      expect(await claimIds(store, { instance: { tenant, aggregateId: 'nobody' } })).toBe('')
      expect(await claimIds(store)).toBe('foreign,sibling')
    })

    test('items of a lane are delivered one after another, by seq', async () => {
      const store = await open()
      const lane = 'publish'
      await fill(store, [
        { id: 'third', lane, seq: 3, dueAt: now - 30 },
        { id: 'first', lane, seq: 1, dueAt: now - 10 },
        { id: 'second', lane, seq: 2, dueAt: now - 20 },
        { id: 'other' },
      ])

      const [first, other] = (await claim(store)).toSorted((one, two) => one.seq - two.seq)
      expect(new Set([first?.id, other?.id])).toEqual(new Set(['first', 'other']))
      expect(await claimIds(store)).toBe('')
      for (const next of ['second', 'third']) {
        const held =
          next === 'second'
            ? [first, other]
            : await store.claim({ worker: 'w1', now, leaseMs, limit: 9 })
        if (next === 'third') expect(held.map((item) => item?.id)).toEqual(['second'])
        for (const item of held) {
          if (item)
            expect(
              await store.settle([{ id: item.id, fence: item.fence, outcome: { kind: 'done' } }]),
            ).toEqual([true])
        }
      }
      expect(await claimIds(store)).toBe('third')
    })

    test('a head of a lane that is not due holds up only its own lane', async () => {
      const store = await open()
      await fill(store, [
        { id: 'head', lane: 'x', seq: 1, dueAt: now + 500 },
        { id: 'tail', lane: 'x', seq: 2 },
        { id: 'free' },
      ])

      expect(await claimIds(store)).toBe('free')
      expect(await store.nextDueAt()).toBe(now + 500)
      expect(await claimIds(store, { now: now + 500 })).toBe('head')
    })

    test('what is tried again, and whose lease ran out, holds up its own lane', async () => {
      const store = await open()
      await fill(store, [
        { id: 'head', lane: 'x', seq: 1 },
        { id: 'tail', lane: 'x', seq: 2 },
      ])
      const { id, fence } = await claimOne(store)
      const outcome = { kind: 'retry', dueAt: now + 300, error: 'timeout' } as const
      expect(await store.settle([{ id, fence, outcome }])).toEqual([true])

      expect(await claimIds(store)).toBe('')
      expect(await claimIds(store, { now: now + 300 })).toBe('head')
      expect(await claimIds(store, { now: now + 300 + leaseMs })).toBe('head')
    })

    test('an expired lease may be claimed again, and the old holder is fenced off', async () => {
      const store = await open()
      const instance = await fill(store, [{ id: 'a' }])
      const old = await claimOne(store)
      expect(await claimIds(store, { now: now + leaseMs - 1 })).toBe('')

      const young = await claimOne(store, { now: now + leaseMs })

      expect(young).toMatchObject({ id: 'a', attempt: 2 })
      expect(young.fence).toBeGreaterThan(old.fence)
      const stale = { id: 'a', fence: old.fence }
      expect(await store.settle([{ ...stale, outcome: { kind: 'done' } }])).toEqual([false])
      expect(await store.extend([stale], now + 9000)).toEqual([false])
      const plans = [{ settle: stale }, { fence: stale }].map((change) =>
        nextPlan(instance, [{}], change),
      )
      const fenced = { kind: 'refused', reason: 'fenced', detail: 'a' }
      expect(await store.commit(plans)).toEqual([fenced, fenced])
      expect(
        await store.settle([{ id: 'a', fence: young.fence, outcome: { kind: 'done' } }]),
      ).toEqual([true])
    })

    test('a commit that settles finishes the item with everything else', async () => {
      const store = await open()
      const instance = await fill(store, [
        { id: 'a', lane: 'x', seq: 1 },
        { id: 'b', lane: 'x', seq: 2 },
      ])
      const { id, fence } = await claimOne(store)

      const under = nextPlan(instance, [{ type: 'loop.effect.started' }], { fence: { id, fence } })
      expect(await store.commit([under])).toEqual([{ kind: 'committed' }])
      expect(await claimIds(store)).toBe('')

      const after = nextPlan(under.instance, [{ type: 'loop.effect.succeeded' }], {
        settle: { id, fence },
      })
      expect(await store.commit([after])).toEqual([{ kind: 'committed' }])
      expect(await store.settle([{ id, fence, outcome: { kind: 'done' } }])).toEqual([false])
      expect(await claimIds(store)).toBe('b')
    })

    test('a conflict keeps the lease', async () => {
      const store = await open()
      const instance = await fill(store, [{ id: 'a' }])
      await store.commit([nextPlan(instance)])
      const { id, fence } = await claimOne(store)

      expect(
        await store.commit([nextPlan(instance, [{ reason: 'x' }], { settle: { id, fence } })]),
      ).toEqual([{ kind: 'conflict', actual: 2 }])
      expect(await store.extend([{ id, fence }], now + 5000)).toEqual([true])
    })

    test("a lease counts only for its own tenant's commits", async () => {
      const store = await open()
      await fill(store, [{ id: 'a' }])
      const { id, fence } = await claimOne(store)

      const foreign = startPlan({ tenant: 'other' }, { settle: { id, fence } })
      expect(await store.commit([foreign])).toEqual([
        { kind: 'refused', reason: 'fenced', detail: 'a' },
      ])
    })

    test('a settled item may be put back by the same commit', async () => {
      const store = await open()
      const instance = await fill(store, [{ id: 'a' }])
      const { id, fence } = await claimOne(store)
      const again = outboxItem(instance, { id: 'a', lane: 'lane-a', dueAt: now + 100 })

      await store.commit([nextPlan(instance, [{}], { settle: { id, fence }, outbox: [again] })])
      expect(await claimOne(store, { now: now + 100 })).toMatchObject({ id: 'a', attempt: 1 })
    })

    test('extending lengthens a lease and never shortens it', async () => {
      const store = await open()
      await fill(store, [{ id: 'a' }])
      const { id, fence } = await claimOne(store)

      expect(
        await store.extend(
          [
            { id, fence },
            { id, fence: fence + 1 },
            { id: 'x', fence },
          ],
          now + 5000,
        ),
      ).toEqual([true, false, false])
      expect(await store.extend([{ id, fence }], now + 1)).toEqual([true])
      expect(await store.nextDueAt()).toBe(now + 5000)
      expect(await claimIds(store, { now: now + 4999 })).toBe('')
      expect(await claimIds(store, { now: now + 5000 })).toBe('a')
    })

    test('a retry waits until it is due, and gives up its lease', async () => {
      const store = await open()
      await fill(store, [{ id: 'a' }])
      const { id, fence } = await claimOne(store)
      const retry = {
        id,
        fence,
        outcome: { kind: 'retry', dueAt: now + 300, error: 'timeout' },
      } as const

      expect(await store.settle([retry, retry])).toEqual([true, false])
      expect(await store.nextDueAt()).toBe(now + 300)
      expect(await claimIds(store, { now: now + 299 })).toBe('')
      expect(await claimOne(store, { now: now + 300 })).toMatchObject({
        id: 'a',
        attempt: 2,
        dueAt: now + 300,
      })
    })

    test('an item whose lane has its own name waits for nobody, whatever becomes of it', async () => {
      const store = await open()
      const instance = await fill(store, [
        { id: 'again', lane: 'again', kind: 'timer' },
        { id: 'gone', lane: 'gone', kind: 'timer', dueAt: now + 5 },
      ])
      const first = await claimOne(store)
      const settle = async (
        { id, fence }: OutboxClaim,
        outcome: Parameters<LoopStore['settle']>[0][number]['outcome'],
      ): Promise<void> => expect(await store.settle([{ id, fence, outcome }])).toEqual([true])

      await store.commit([nextPlan(instance, [{}], { cancel: ['gone', 'again'] })])
      await settle(first, { kind: 'retry', dueAt: now + 10, error: 'timeout' })
      expect(await store.nextDueAt()).toBe(now + 10)
      const second = await claimOne(store, { now: now + 10 })
      expect(second).toMatchObject({ id: 'again', attempt: 2 })
      await settle(second, { kind: 'dead', at: now + 20, error: 'poison' })
      expect(await store.revive('acme', 'again', now + 30)).toBe(true)
      expect(await claimIds(store, { now: now + 29 })).toBe('')
      expect(await claimIds(store, { now: now + 30 })).toBe('again')
    })

    test('a dead letter leaves its lane, can be seen, and can be revived', async () => {
      const store = await open()
      const instance = await fill(store, [
        { id: 'a', lane: 'x', seq: 1 },
        { id: 'b', lane: 'x', seq: 2 },
      ])
      const { id, fence } = await claimOne(store)
      const dead = { id, fence, outcome: { kind: 'dead', at: now + 7, error: 'poison' } } as const
      expect(await store.settle([dead])).toEqual([true])

      const { items } = await store.deadLetters({ tenant: 'acme' })
      const item = outboxItem(instance, { id: 'a', lane: 'x', seq: 1 })
      expect(items).toEqual([{ ...item, attempt: 1, error: 'poison', diedAt: now + 7 }])
      expect(await store.deadLetters({ tenant: 'other' })).toEqual({ items: [] })
      expect(await store.settle([{ ...dead, outcome: { kind: 'done' } }])).toEqual([false])
      const second = await claimOne(store)
      expect(second).toMatchObject({ id: 'b' })

      expect(await store.revive('other', 'a', now)).toBe(false)
      expect(await store.revive('acme', 'a', now)).toBe(true)
      expect(await store.revive('acme', 'a', now)).toBe(false)
      expect(await store.deadLetters({ tenant: 'acme' })).toEqual({ items: [] })
      // b is leased and holds the lane, although a comes first in it.
      expect(await claimIds(store)).toBe('')
      expect(await store.nextDueAt()).toBe(now + leaseMs)
      const done = { id: 'b', fence: second.fence, outcome: { kind: 'done' } } as const
      expect(await store.settle([done])).toEqual([true])
      expect(await claimOne(store)).toMatchObject({ id: 'a', attempt: 1 })
    })

    test('a delivery ends whatever characters its error has', async () => {
      const store = await open()
      await fill(store, [{ id: 'a' }])
      const { id, fence } = await claimOne(store)
      const retry = { kind: 'retry', dueAt: now, error: 'nul \0' } as const
      expect(await store.settle([{ id, fence, outcome: retry }])).toEqual([true])

      const second = await claimOne(store)
      const dead = { kind: 'dead', at: now, error: 'half of a pair \ud83d' } as const
      expect(await store.settle([{ id, fence: second.fence, outcome: dead }])).toEqual([true])

      const { items } = await store.deadLetters({ tenant: 'acme' })
      expect(items.map(({ error }) => error.slice(0, 14))).toEqual(['half of a pair'])
    })

    test('dead letters come in pages', async () => {
      const store = await open()
      await fill(
        store,
        Array.from({ length: 5 }, (_, index) => ({ id: `d${index}` })),
      )
      const outcome = { kind: 'dead', at: now, error: 'poison' } as const
      await store.settle((await claim(store)).map(({ id, fence }) => ({ id, fence, outcome })))

      const seen = await everyPage((cursor) =>
        store.deadLetters({ tenant: 'acme', limit: 2, cursor }),
      )
      expect(seen.map(({ id }) => id).toSorted()).toEqual(['d0', 'd1', 'd2', 'd3', 'd4'])
      expect(await store.nextDueAt()).toBeNull()
      expect(await claimIds(store, { now: now + 9 * leaseMs })).toBe('')
    })

    test('cancelling takes away what waits, and leaves what a worker holds', async () => {
      const store = await open()
      const instance = await fill(store, [
        { id: 'waits', lane: 'x', seq: 1, dueAt: now + 1 },
        { id: 'next', lane: 'x', seq: 2 },
        { id: 'held' },
      ])
      const { id, fence } = await claimOne(store)
      expect(id).toBe('held')

      await store.commit([nextPlan(instance, [{}], { cancel: ['waits', 'held', 'unknown'] })])

      expect(await claimIds(store)).toBe('next')
      expect(await store.settle([{ id, fence, outcome: { kind: 'done' } }])).toEqual([true])
      expect(await store.nextDueAt()).toBe(now + leaseMs)
    })

    test("another tenant's cancellation does nothing", async () => {
      const store = await open()
      await fill(store, [{ id: 'a' }])
      await store.commit([startPlan({ tenant: 'other' }, { cancel: ['a'] })])

      expect(await claimIds(store)).toBe('a')
    })

    test('an item that exists already is not doubled, nor changed', async () => {
      const store = await open()
      const instance = await fill(store, [{ id: 'a', dueAt: now }])
      const again = outboxItem(instance, { id: 'a', lane: 'elsewhere', dueAt: now - 5 })
      await store.commit([nextPlan(instance, [{}], { outbox: [again] })])

      expect(await claim(store)).toMatchObject([{ id: 'a', lane: 'lane-a', dueAt: now }])
      expect(await claimIds(store)).toBe('')
    })

    test('lanes of two tenants are two lanes', async () => {
      const store = await open()
      const plans = ['acme', 'other'].map((tenant) => {
        const plan = startPlan({ tenant })
        return { ...plan, outbox: [outboxItem(plan.instance, { id: tenant, lane: 'same' })] }
      })
      await store.commit(plans)

      expect((await claimIds(store)).split(',').toSorted()).toEqual(['acme', 'other'])
    })

    test('nextDueAt is when work comes up next', async () => {
      const store = await open()
      expect(await store.nextDueAt()).toBeNull()
      await fill(store, [
        { id: 'a', dueAt: now },
        { id: 'b', dueAt: now + 5000 },
      ])
      expect(await store.nextDueAt()).toBe(now)

      const { id, fence } = await claimOne(store)
      expect(await store.nextDueAt()).toBe(now + leaseMs)
      await store.settle([{ id, fence, outcome: { kind: 'done' } }])
      expect(await store.nextDueAt()).toBe(now + 5000)
    })
  })
}
