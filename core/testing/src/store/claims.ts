import { expect, test } from 'vitest'

import { nextPlan, outboxItem, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { claim, claimIds, claimOne, fill, leaseMs, now } from './claiming.ts'

/** Tests which items can be claimed. */
export function testClaims(open: OpenStore): void {
  test('a claim holds the item, the number of the attempt, a fence and a lease', async () => {
    const store = await open()
    const instance = await fill(store, [{ id: 'a', payload: '{"é":1}' }])

    const [first, ...rest] = await claim(store)

    const { fence } = first ?? { fence: 0 }
    const item = outboxItem(instance, { id: 'a', lane: 'lane-a', payload: '{"é":1}' })
    expect(first).toEqual({ ...item, attempt: 1, fence, leasedUntil: now + leaseMs })
    expect(rest).toEqual([])
    expect(fence).toBeGreaterThan(0)
  })

  test('due items come oldest first, up to the limit, each leased to one worker', async () => {
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

  test('a claim may ask for certain kinds of item', async () => {
    const store = await open()
    await fill(store, [
      { id: 'a', kind: 'notify' },
      { id: 'b', kind: 'timer' },
      { id: 'c', kind: 'publish' },
      { id: 'd' },
    ])

    expect(await claimIds(store, { kinds: [] })).toBe('')
    expect((await claimIds(store, { kinds: ['timer', 'publish'] })).split(',').toSorted()).toEqual([
      'b',
      'c',
    ])
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

  test('an item that exists already is neither duplicated nor changed', async () => {
    const store = await open()
    const instance = await fill(store, [{ id: 'a', dueAt: now }])
    const again = outboxItem(instance, { id: 'a', lane: 'elsewhere', dueAt: now - 5 })
    await store.commit([nextPlan(instance, [{}], { outbox: [again] })])

    expect(await claim(store)).toMatchObject([{ id: 'a', lane: 'lane-a', dueAt: now }])
    expect(await claimIds(store)).toBe('')
  })

  test('cancelling removes waiting items, and leaves those that a worker holds', async () => {
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

  test('nextDueAt is the time at which the next item can be claimed', async () => {
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
}
