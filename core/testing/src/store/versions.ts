import { expect, test } from 'vitest'

import { nextPlan, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'

const committed = { kind: 'committed' }

/** Tests that a change of a run is accepted only at the version that it names. */
export function testVersions(open: OpenStore): void {
  test('a stale version is a conflict that names the actual version', async () => {
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

  test('of many changes at the same version, one is committed', async () => {
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
}
