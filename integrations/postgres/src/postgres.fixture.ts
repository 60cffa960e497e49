import type { CommitPlan, LoopInstance, LoopStore } from '@loop-engine/core'
import { nextPlan, startPlan } from '@loop-engine/testing'
import { expect, onTestFinished } from 'vitest'

import { createPostgresStore, type PostgresStoreOptions } from './postgres.ts'

/** A store that is open until its test is over. */
export async function openStore(options: PostgresStoreOptions): Promise<LoopStore> {
  const store = createPostgresStore(options)
  onTestFinished(() => store.close())
  await store.open()
  return store
}

/** Commits one entry after another until told to end; gives back the last run that was acknowledged. */
export async function keepCommitting(
  store: LoopStore,
  aggregateId: string,
  goesOn: () => boolean,
  planAfter: (instance: LoopInstance) => CommitPlan = (instance) => nextPlan(instance),
): Promise<LoopInstance> {
  const start = startPlan({ aggregateId })
  await store.commit([start])
  let { instance } = start
  while (goesOn()) {
    const plan = planAfter(instance)
    expect(await store.commit([plan])).toEqual([{ kind: 'committed' }])
    instance = plan.instance
  }
  return instance
}

/** That the store has the run as it was acknowledged, with each of its entries once. */
export async function expectKept(store: LoopStore, acknowledged: LoopInstance): Promise<void> {
  const { tenant, runId, version, head } = acknowledged
  const entries = await store.entries(tenant, runId)
  expect(entries.map(({ seq }) => seq)).toEqual(
    Array.from({ length: version }, (_, index) => index + 1),
  )
  expect(entries.at(-1)?.hash).toBe(head)
  expect(await store.getRun(tenant, runId)).toEqual(acknowledged)
}
