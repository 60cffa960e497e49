import { expect, test } from 'vitest'

import { outboxItem } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { everyPage } from './answers.ts'
import { claim, claimIds, claimOne, fill, leaseMs, now } from './claiming.ts'

/** Tests items that were given up. */
export function testDeadLetters(open: OpenStore): void {
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

  test('an item is found by its id, waiting or given up, until it is done', async () => {
    const store = await open()
    await fill(store, [{ id: 'a' }, { id: 'b' }])
    const find = async (id: string): Promise<string | undefined> =>
      (await store.delivery('acme', id))?.id
    expect(await Promise.all(['a', 'b', 'c'].map(find))).toEqual(['a', 'b', undefined])
    expect(await store.delivery('other', 'a')).toBeNull()

    const claims = await claim(store)
    expect(await Promise.all(claims.map(({ id }) => store.delivery('acme', id)))).toEqual(
      claims.map(({ attempt: _, fence: _fence, leasedUntil: _until, ...item }) => item),
    )
    const dead = { kind: 'dead', at: now, error: 'poison' } as const
    const done = { kind: 'done' } as const
    await store.settle(
      claims.map(({ id, fence }) => ({ id, fence, outcome: id === 'a' ? dead : done })),
    )
    expect(await Promise.all(['a', 'b'].map(find))).toEqual(['a', undefined])
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
}
