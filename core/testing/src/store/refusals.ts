import { stopScopes, type CommitPlan } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { nextPlan, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'

const committed = { kind: 'committed' }
const scopes = stopScopes('acme', 'order', 'order-1', 'tester')

/** Tests the commits that stops, spent receipts and limits forbid. */
export function testRefusals(open: OpenStore): void {
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

    // A plan without scopes is not refused; that is how a stop is released.
    expect(await store.commit([{ ...next, stops: { clear: [scope] } }])).toEqual([committed])
    expect(await store.stops()).toEqual([])
    expect(await store.commit([{ ...nextPlan(next.instance), scopes }])).toEqual([committed])
  })

  test('a receipt is spent once, by one caller', async () => {
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

  test('a limit is never exceeded, however many callers reserve at once', async () => {
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
}
