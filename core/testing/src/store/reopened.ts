import type { CommitPlan, LoopStore } from '@loop-engine/core'
import { describe, expect, onTestFinished, test } from 'vitest'

import { approvalRequest, nextPlan, outboxItem, startPlan } from '../plans.ts'
import type { OpenStore, StoreHarness } from '../store-conformance.ts'
import { codeOf } from './answers.ts'
import { claim, leaseMs, now } from './claiming.ts'

const committed = { kind: 'committed' }

/** Tests several stores on the same data, one after another and at the same time. */
export function testStoreReopened(open: OpenStore, harness: StoreHarness): void {
  const { reopen } = harness
  if (reopen === undefined) return testGone(open)
  const openAgain: OpenAgain = async (store) => {
    const again = await reopen(store)
    onTestFinished(() => again.close())
    await again.open()
    return again
  }
  describe('the same data', () => {
    testLater(open, openAgain)
    if (harness.without?.includes('sharing')) testAlone(open, openAgain)
    else testAtOnce(open, openAgain, { reopen, create: harness.create })
  })
}

type OpenAgain = (store: LoopStore) => Promise<LoopStore>

function testGone(open: OpenStore): void {
  test('the data is gone with the store, as its durability says', async () => {
    expect((await open()).durability).toBe('memory')
  })
}

function testAlone(open: OpenStore, openAgain: OpenAgain): void {
  test('can be opened by one store at a time, as the harness says', async () => {
    const store = await open()
    expect(await codeOf(openAgain(store))).not.toBe('no error')
  })
}

function testLater(open: OpenStore, openAgain: OpenAgain): void {
  test('survives the store completely', async () => {
    const store = await open()
    const start = fullPlan()
    const { instance } = start
    await store.commit([start])
    await store.putDefinition('d', '{}')
    const claims = await claim(store)
    const [lease, dead] = claims.toSorted((one, other) => (one.id < other.id ? -1 : 1))
    if (!lease || !dead) throw new Error('Nothing could be claimed.')
    const requestId = `approval-of-${instance.runId}`
    const message = { tenant: 'acme', requestId, channel: 'chat', ref: { ts: '1' }, lease }
    expect(await store.keepMessage(message)).toBe(true)
    const outcome = { kind: 'dead', at: now, error: 'poison' } as const
    expect(await store.settle([{ id: dead.id, fence: dead.fence, outcome }])).toEqual([true])
    const { hash, runId, seq } = start.entries[0] ?? { hash: '', runId: '', seq: 0 }
    const head = { size: 1, root: hash, frontier: [hash], note: null }
    const leaves = [{ index: 0, runId, seq, leafHash: hash }]
    await store.appendLog('acme', { expectedSize: 0, leaves, head })
    await store.signLog('acme', head, 'note')
    const before = await everything(store)
    expect(before).toMatchObject({ stops: [{}], dead: { items: [{}] }, spentBy: 'effect-1' })
    await store.close()

    const again = await openAgain(store)

    expect(await everything(again)).toEqual(before)
    const late = await claim(again, { now: now + leaseMs })
    expect(late).toMatchObject([{ id: lease.id, attempt: 2 }])
    expect(late[0]?.fence).toBeGreaterThan(Math.max(lease.fence, dead.fence))
  })
}

function testAtOnce(
  open: OpenStore,
  openAgain: OpenAgain,
  { reopen, create }: Required<Pick<StoreHarness, 'reopen' | 'create'>>,
): void {
  test('can be opened by several processes at once, even while it is new', async () => {
    const first = await create()
    const stores = [first, await reopen(first), await reopen(first)]
    onTestFinished(async () => void (await Promise.all(stores.map((store) => store.close()))))

    await Promise.all(stores.map((store) => store.open()))

    for (const [index, store] of stores.entries())
      expect(await store.commit([startPlan({ aggregateId: `a-${index}` })])).toEqual([committed])
    for (const store of stores)
      expect((await store.find({ tenant: 'acme' })).items).toHaveLength(stores.length)
  })

  test('looks the same to two stores as soon as a commit is acknowledged', async () => {
    const store = await open()
    const other = await openAgain(store)
    const start = startPlan()
    const next = nextPlan(start.instance)
    await store.commit([start])
    const seen = () =>
      Promise.all([
        other.get('acme', 'order-1'),
        other.getRun('acme', start.instance.runId),
        other.stops(),
        other.approvals({ tenant: 'acme' }),
      ])
    expect(await seen()).toEqual([start.instance, start.instance, [], { items: [] }])

    const stop = { scope: '*', reason: 'incident', by: 'human:ann', at: now }
    const request = approvalRequest(next.instance)
    await store.commit([{ ...next, approvals: [request], stops: { set: [stop] } }])

    expect(await seen()).toEqual([next.instance, next.instance, [stop], { items: [request] }])
    expect(await other.commit([{ ...nextPlan(next.instance), scopes: ['*'] }])).toMatchObject([
      { kind: 'refused', reason: 'stopped' },
    ])
  })

  test('accepts one of many changes that two stores made at the same version', async () => {
    const store = await open()
    const other = await openAgain(store)
    const start = startPlan()
    await store.commit([start])

    const rivals = Array.from({ length: 32 }, (_, rival) =>
      nextPlan(start.instance, [{ reason: `rival-${rival}` }]),
    )
    const results = await Promise.all(
      rivals.map((plan, rival) => (rival % 2 === 0 ? store : other).commit([plan])),
    )

    expect(results.flat().filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(results.flat().filter(({ kind }) => kind === 'conflict')).toHaveLength(31)
    expect(await store.entries('acme', start.instance.runId)).toHaveLength(2)
  })

  test('is claimed by one of two stores, and a store that lost its lease to the other is fenced off', async () => {
    const store = await open()
    const other = await openAgain(store)
    const start = startPlan()
    const outbox = Array.from({ length: 8 }, (_, index) =>
      outboxItem(start.instance, { id: `i${index}`, lane: `l${index}` }),
    )
    await store.commit([{ ...start, outbox }])

    const shared = (await Promise.all([claim(store), claim(other)])).flat()
    const young = await claim(other, { now: now + leaseMs })

    expect(shared.map(({ id }) => id).toSorted()).toEqual(outbox.map(({ id }) => id))
    expect(young).toHaveLength(8)
    for (const { id, fence } of shared) {
      const stale = { id, fence, outcome: { kind: 'done' } } as const
      expect(await store.settle([stale])).toEqual([false])
      expect(young.find((item) => item.id === id)?.fence).toBeGreaterThan(fence)
    }
  })
}

/** A first commit that stores something of every kind. */
function fullPlan(): CommitPlan {
  const sealed = { text: '{"amount":12.5}', salt: '0'.repeat(32) }
  const blank = startPlan({ tags: ['eu'], metadata: { a: 1 } })
  const start = { ...blank.instance, version: 0, head: '0'.repeat(64) }
  return nextPlan(start, [{ type: 'loop.started', status: 'active' }, { sealed }], {
    approvals: [approvalRequest(blank.instance)],
    outbox: ['a', 'b'].map((id) => outboxItem(blank.instance, { id, lane: `lane-${id}` })),
    idempotency: { principal: 'human:ann', key: 'k', fingerprint: 'f', answer: '1', at: now },
    reservations: [{ key: 'budget', bucket: 0, amount: 3, limit: 8 }],
    spend: { receipt: 'receipt', by: 'effect-1' },
    stops: { set: [{ scope: '*', reason: 'incident', by: 'human:ann', at: now }] },
  })
}

async function everything(store: LoopStore): Promise<Record<string, unknown>> {
  const { runId } = startPlan().instance
  return {
    instance: await store.get('acme', 'order-1'),
    tagged: await store.find({ tenant: 'acme', tag: 'eu' }),
    entries: await store.entries('acme', runId),
    executed: await store.lastExecuted('acme', runId, 'step'),
    approval: await store.approval('acme', `approval-of-${runId}`),
    answer: await store.idempotency('acme', 'human:ann', 'k'),
    counter: await store.counter('acme', 'budget', 0),
    spentBy: await store.spentBy('acme', 'receipt'),
    stops: await store.stops(),
    dead: await store.deadLetters({ tenant: 'acme' }),
    definition: await store.definition('d'),
    log: await store.logHead('acme'),
    leaves: await store.leaves('acme', { from: 0, limit: 9 }),
    ofRun: await store.leavesOf('acme', runId, { from: 1, limit: 9 }),
    unlogged: await store.unlogged('acme', 9),
  }
}
