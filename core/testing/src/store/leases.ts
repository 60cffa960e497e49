import { expect, test } from 'vitest'

import { nextPlan, outboxItem, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { claimIds, claimOne, fill, leaseMs, now } from './claiming.ts'

/** Tests who holds an item, until when, and how it ends. */
export function testLeases(open: OpenStore): void {
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

  test('an item whose lease ran out comes between what was due before that and what was due later', async () => {
    const store = await open()
    const { tenant, aggregateId } = await fill(store, [
      { id: 'late', dueAt: now + leaseMs + 2 },
      { id: 'held' },
      { id: 'early', dueAt: now + leaseMs - 1 },
    ])
    await claimOne(store)

    expect(await claimIds(store, { now: now + leaseMs + 2 })).toBe('early,held,late')
    const again = { now: now + 3 * leaseMs, instance: { tenant, aggregateId } }
    expect((await claimIds(store, again)).split(',').toSorted()).toEqual(['early', 'held', 'late'])
  })

  test('whoever holds a lane comes first in it, also once the lease has run out', async () => {
    const store = await open()
    const { tenant, aggregateId } = await fill(store, [
      { id: 'first', lane: 'x', seq: 1 },
      { id: 'second', lane: 'x', seq: 2 },
    ])
    const { id, fence } = await claimOne(store)
    await store.settle([{ id, fence, outcome: { kind: 'dead', at: now, error: 'poison' } }])
    await claimOne(store)
    await store.revive('acme', 'first', now)

    expect(await claimIds(store)).toBe('')
    expect(await claimIds(store, { now: now + leaseMs })).toBe('second')
    const later = { now: now + 2 * leaseMs, instance: { tenant, aggregateId } }
    expect(await claimIds(store, later)).toBe('second')
  })

  test('a commit can settle an item together with everything else', async () => {
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

  test('the commit that settles an item may put it back', async () => {
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
}
