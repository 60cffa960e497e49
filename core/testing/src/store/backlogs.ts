import {
  publishItemId,
  type LoopInstance,
  type LoopStore,
  type OutboxClaim,
  type OutboxItem,
  type Settlement,
} from '@loop-engine/core'
import { expect, test } from 'vitest'

import { nextPlan, outboxItem, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { claim, claimIds, claimOne, leaseMs, now } from './claiming.ts'

const done: Settlement['outcome'] = { kind: 'done' }

/**
 * Tests the waiting events of a sink. A store may keep many of
 * them in one row, but must hand out each as it was put in.
 */
export function testBacklogs(open: OpenStore): void {
  test('events that pile up are handed out one by one, in order, as they were put in', async () => {
    const store = await open()
    const { items } = await pileUp(store, 4)

    for (const item of items) {
      const first = await claimOne(store)
      expect(first).toEqual({
        ...item,
        attempt: 1,
        fence: first.fence,
        leasedUntil: now + leaseMs,
      })
      expect(await claimIds(store)).toBe('')
      await settle(store, first, { kind: 'retry', dueAt: now + 5, error: 'timeout' })
      const second = await claimOne(store, { now: now + 5 })
      expect(second).toMatchObject({ id: item.id, attempt: 2 })
      await settle(store, second, done)
      await refuses(store, second)
    }
    expect(await store.nextDueAt()).toBeNull()
  })

  test('an event that enters while the one before it is delivered comes after it', async () => {
    const store = await open()
    const { instance } = await pileUp(store, 2)
    const first = await claimOne(store)

    const later = await publish(store, instance)

    await settle(store, first, done)
    expect(await deliverAll(store)).toEqual([2, later.version])
    await publish(store, later)
    expect(await deliverAll(store)).toEqual([later.version + 1])
  })

  test('an event that is given up leaves the others in place, and comes first when it is revived', async () => {
    const store = await open()
    const { items, instance } = await pileUp(store, 4)
    await settle(store, await claimOne(store), done)
    const poison = await claimOne(store)
    await settle(store, poison, { kind: 'dead', at: now + 7, error: 'poison' })

    const letters = (await store.deadLetters({ tenant: 'acme' })).items
    expect(letters).toEqual([{ ...items[1], attempt: 1, error: 'poison', diedAt: now + 7 }])
    await publish(store, instance)
    expect(await store.revive('acme', poison.id, now)).toBe(true)
    expect(await deliverAll(store)).toEqual([2, 3, 4, 5])
  })

  test('an event that a commit puts back stays before those that follow it', async () => {
    const store = await open()
    const { items, instance } = await pileUp(store, 3)
    const [item] = items
    const { id, fence } = await claimOne(store)

    const again = { ...outboxItem(instance), ...item, dueAt: now + 20 }
    await store.commit([nextPlan(instance, [], { settle: { id, fence }, outbox: [again] })])

    expect(await claimIds(store)).toBe('')
    expect(await claimOne(store, { now: now + 20 })).toMatchObject({ id, attempt: 1 })
  })

  test('an entry without an event leaves a gap, for which nothing is handed out', async () => {
    const store = await open()
    const { instance } = await pileUp(store, 2)
    const silent = nextPlan(instance)
    await store.commit([silent])
    const last = await publish(store, silent.instance)

    expect(await deliverAll(store)).toEqual([1, 2, last.version])
  })

  test('each sink, run and tenant has a backlog of its own', async () => {
    const store = await open()
    const plans = ['acme', 'other'].flatMap((tenant) =>
      ['order-1', 'order-2'].map((aggregateId) => startPlan({ tenant, aggregateId })),
    )
    const sinks = ['lake', 'siem']
    for (const { instance, ...plan } of plans)
      await store.commit([{ ...plan, instance, outbox: eventsOf(instance, sinks) }])
    for (const { instance } of plans) await publish(store, instance, sinks)

    const heads = await claim(store)

    expect(heads.map(({ seq }) => seq)).toEqual(Array.from({ length: 8 }, () => 1))
    expect(new Set(heads.map(({ tenant, id }) => `${tenant} ${id}`)).size).toBe(8)
    for (const head of heads) await settle(store, head, done)
    expect((await claim(store)).map(({ seq }) => seq)).toEqual(Array.from({ length: 8 }, () => 2))
  })

  test('each event keeps its own payload, such as a trace, and its own due time', async () => {
    const store = await open()
    const start = startPlan()
    // As if the clock was set back: the entries have later times.
    const plan = nextPlan(start.instance, [{}, {}, {}, {}])
    const items = [1, 2, 3, 4, 5].flatMap((version) =>
      eventsOf({ ...plan.instance, version }, ['lake']).map((item) => {
        const isTraced = version === 2 || version === 3
        return { ...item, ...(isTraced ? { payload: `trace ${version}` } : { dueAt: planEpoch }) }
      }),
    )
    await store.commit([{ ...start, outbox: items.slice(0, 1) }])
    await store.commit([{ ...plan, outbox: items.slice(1) }])

    for (const item of items) {
      const claimed = await claimOne(store)
      expect(claimed).toMatchObject(item)
      await settle(store, claimed, done)
    }
  })

  test('events that share a lane go to the sink that each is meant for', async () => {
    const store = await open()
    const start = startPlan()
    const next = nextPlan(start.instance)
    const outbox = [start, next].flatMap(({ instance }, place) =>
      eventsOf(instance, [place === 0 ? 'lake' : 'siem']).map((item) => ({ ...item, lane: 'one' })),
    )
    await store.commit([{ ...start, outbox: outbox.slice(0, 1) }])
    await store.commit([{ ...next, outbox: outbox.slice(1) }])

    const first = await claimOne(store)
    await settle(store, first, done)
    expect([first.id, await claimIds(store)]).toEqual(outbox.map(({ id }) => id))
  })
}

/** Commits a run whose first entries have not been delivered to a sink. */
async function pileUp(
  store: LoopStore,
  count: number,
): Promise<{ instance: LoopInstance; items: readonly OutboxItem[] }> {
  const start = startPlan()
  const items = eventsOf(start.instance, ['lake'])
  await store.commit([{ ...start, outbox: items }])
  let { instance } = start
  for (let each = 1; each < count; each += 1) {
    instance = await publish(store, instance)
    items.push(...eventsOf(instance, ['lake']))
  }
  return { instance, items }
}

async function publish(
  store: LoopStore,
  before: LoopInstance,
  sinks: readonly string[] = ['lake'],
): Promise<LoopInstance> {
  const plan = nextPlan(before)
  const outbox = eventsOf(plan.instance, sinks)
  expect(await store.commit([{ ...plan, outbox }])).toEqual([{ kind: 'committed' }])
  return plan.instance
}

function eventsOf(instance: LoopInstance, sinks: readonly string[]): OutboxItem[] {
  const { runId, version: seq } = instance
  return sinks.map((name) =>
    outboxItem(instance, {
      id: publishItemId({ runId, seq, name }),
      lane: `publish:${name}:${runId}`,
      kind: 'publish',
      name,
      payload: '{}',
      dueAt: planEpoch + (seq - 1) * 1000,
    }),
  )
}

async function deliverAll(store: LoopStore): Promise<readonly number[]> {
  const delivered: number[] = []
  for (;;) {
    const [event] = await claim(store, { limit: 1 })
    if (event === undefined) return delivered
    delivered.push(event.seq)
    await settle(store, event, done)
  }
}

async function settle(
  store: LoopStore,
  { id, fence }: OutboxClaim,
  outcome: Settlement['outcome'],
): Promise<void> {
  expect(await store.settle([{ id, fence, outcome }])).toEqual([true])
}

async function refuses(store: LoopStore, { id, fence }: OutboxClaim): Promise<void> {
  expect(await store.settle([{ id, fence, outcome: done }])).toEqual([false])
}
