import type { LoopInstance, LoopStore, OutboxClaim, OutboxItem } from '@loop-engine/core'
import { expect } from 'vitest'

import { outboxItem, planEpoch, startPlan } from '../plans.ts'

export const now = planEpoch + 10_000
export const leaseMs = 1000

/** Commits a run with these items; each name is an id in its own lane unless it says otherwise. */
export async function fill(
  store: LoopStore,
  items: readonly Partial<OutboxItem>[],
): Promise<LoopInstance> {
  const start = startPlan()
  const outbox = items.map((item) =>
    outboxItem(start.instance, { lane: `lane-${item.id}`, ...item }),
  )
  expect(await store.commit([{ ...start, outbox }])).toEqual([{ kind: 'committed' }])
  return start.instance
}

export async function claim(
  store: LoopStore,
  change: Partial<Parameters<LoopStore['claim']>[0]> = {},
): Promise<readonly OutboxClaim[]> {
  return store.claim({ worker: 'w1', now, leaseMs, limit: 100, ...change })
}

export async function claimIds(
  store: LoopStore,
  change: Parameters<typeof claim>[1] = {},
): Promise<string> {
  return (await claim(store, change)).map(({ id }) => id).join()
}

export async function claimOne(
  store: LoopStore,
  change: Parameters<typeof claim>[1] = {},
): Promise<OutboxClaim> {
  const [first] = await claim(store, { limit: 1, ...change })
  if (first === undefined) throw new Error('Nothing could be claimed.')
  return first
}
