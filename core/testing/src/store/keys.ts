import type { IdempotencyRecord } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { nextPlan, planEpoch, startPlan } from '../plans.ts'
import type { OpenStore } from '../store-conformance.ts'

const committed = { kind: 'committed' }

/** A record of an idempotency key. */
export function key(change: Partial<IdempotencyRecord> = {}): IdempotencyRecord {
  return {
    principal: 'human:ann',
    key: 'k1',
    fingerprint: 'f1',
    answer: '{"status":"executed"}',
    at: planEpoch,
    ...change,
  }
}

/** Tests that an idempotency key takes effect once. */
export function testKeys(open: OpenStore): void {
  test('a key always gives its first answer', async () => {
    const store = await open()
    const start = startPlan({}, { idempotency: key() })
    await store.commit([start])

    const again = nextPlan(start.instance, [{}], { idempotency: key({ answer: '"other"' }) })
    expect(await store.commit([again])).toEqual([{ kind: 'duplicate', answer: key().answer }])
    const other = nextPlan(start.instance, [{}], { idempotency: key({ fingerprint: 'f2' }) })
    expect(await store.commit([other])).toEqual([{ kind: 'key-mismatch' }])

    expect(await store.idempotency('acme', 'human:ann', 'k1')).toEqual(key())
    expect(await store.entries('acme', start.instance.runId)).toHaveLength(1)
  })

  test('a key belongs to its tenant and its principal', async () => {
    const store = await open()
    const idempotency = key()
    await store.commit([startPlan({}, { idempotency })])

    expect(await store.idempotency('acme', 'human:bob', 'k1')).toBeNull()
    expect(await store.idempotency('acme', 'human:ann\nk1', '')).toBeNull()
    expect(await store.idempotency('other', 'human:ann', 'k1')).toBeNull()
    const bobs = startPlan(
      { aggregateId: 'b' },
      { idempotency: key({ principal: 'human:bob', fingerprint: 'f2' }) },
    )
    const others = startPlan({ tenant: 'other' }, { idempotency: key({ fingerprint: 'f3' }) })
    expect(await store.commit([bobs, others])).toEqual([committed, committed])
  })

  test('the same key at once takes effect once', async () => {
    const store = await open()
    const idempotency = key()
    const plans = Array.from({ length: 16 }, (_, index) =>
      startPlan({ aggregateId: `a-${index}` }, { idempotency }),
    )
    const results = (await Promise.all(plans.map((plan) => store.commit([plan])))).flat()

    expect(results.filter(({ kind }) => kind === 'committed')).toHaveLength(1)
    expect(results.filter(({ kind }) => kind === 'duplicate')).toHaveLength(15)
    expect((await store.find({ tenant: 'acme' })).items).toHaveLength(1)
  })
}
