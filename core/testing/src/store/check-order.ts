import type { CommitPlan, LoopStore } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { nextPlan, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'
import { key } from './keys.ts'

const committed = { kind: 'committed' }

/** Tests which refusal a store reports when several apply. */
export function testCheckOrder(open: OpenStore): void {
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
}

/** A plan that every check refuses, with the change that satisfies each check. */
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
