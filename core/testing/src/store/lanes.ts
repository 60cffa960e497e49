import type { LoopStore, OutboxClaim } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { nextPlan, outboxItem, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { claim, claimIds, claimOne, fill, leaseMs, now } from './claiming.ts'

/** Tests that the items of a lane are delivered one after another, independent of other lanes. */
export function testLanes(open: OpenStore): void {
  test('items of a lane are delivered one after another, by seq', async () => {
    const store = await open()
    const lane = 'publish'
    await fill(store, [
      { id: 'third', lane, seq: 3, dueAt: now - 30 },
      { id: 'first', lane, seq: 1, dueAt: now - 10 },
      { id: 'second', lane, seq: 2, dueAt: now - 20 },
      { id: 'other' },
    ])

    const outcome = { kind: 'done' } as const
    let held = await claim(store)
    expect(held.map(({ id }) => id).toSorted()).toEqual(['first', 'other'])
    expect(await claimIds(store)).toBe('')
    for (const next of ['second', 'third']) {
      const settled = held.map(({ id, fence }) => ({ id, fence, outcome }))
      expect(await store.settle(settled)).toEqual(held.map(() => true))
      held = await claim(store)
      expect(held.map(({ id }) => id)).toEqual([next])
    }
  })

  test('an item that is not due yet holds up only its own lane', async () => {
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

  test('an item that waits for a retry, or whose lease expired, holds up its own lane', async () => {
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

  test('an item with a lane of its own waits for no other', async () => {
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

  test('lanes of two tenants with one name are two lanes', async () => {
    const store = await open()
    const plans = ['acme', 'other'].map((tenant) => {
      const plan = startPlan({ tenant })
      return { ...plan, outbox: [outboxItem(plan.instance, { id: tenant, lane: 'same' })] }
    })
    await store.commit(plans)

    expect((await claimIds(store)).split(',').toSorted()).toEqual(['acme', 'other'])
  })
}
