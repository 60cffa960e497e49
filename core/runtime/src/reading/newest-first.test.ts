import type { LoopInstance, LoopStore, StoredEntry } from '@loop-engine/core'
import { nextPlan, startPlan } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createMemoryStore } from '../memory/memory-store.ts'
import { newestFirst } from './newest-first.ts'

/** A run of three entries, read from its head back to the first. */
async function read({
  run = (instance: LoopInstance) => instance,
  rows = (entries: readonly StoredEntry[]) => entries,
} = {}): Promise<number[]> {
  const kept = createMemoryStore()
  const start = startPlan()
  const next = nextPlan(start.instance, [{ transitionId: 'step' }, { transitionId: 'step' }])
  await kept.commit([start, next])
  const store: LoopStore = {
    ...kept,
    entries: async (...query) => rows(await kept.entries(...query)),
  }
  const seqs: number[] = []
  for await (const { seq } of newestFirst(store, run(next.instance))) seqs.push(seq)
  return seqs
}

test('a record is read from its newest entry to its first', async () => {
  expect(await read()).toEqual([3, 2, 1])
})

test.each([1, 2, 3])('entry %d is missed when it was deleted', async (gone) => {
  const rows = (entries: readonly StoredEntry[]) => entries.filter(({ seq }) => seq !== gone)
  await expect(read({ rows })).rejects.toMatchObject({ code: 'corrupt' })
})

test('a run that claims to have gone on is no reason to look for its entries for ever', async () => {
  const run = (instance: LoopInstance) => ({ ...instance, version: Number.MAX_SAFE_INTEGER })
  await expect(read({ run })).rejects.toMatchObject({
    code: 'corrupt',
    details: { seq: Number.MAX_SAFE_INTEGER },
  })
})
