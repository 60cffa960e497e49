import {
  openEntry,
  openEvidence,
  type DeadLetter,
  type LogLeaf,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'

import type { ObservedWorld, RecordedEntry, RecordedRun, World } from './world.ts'

/** Reads the records of a world. */
export async function observe(world: World): Promise<ObservedWorld> {
  const runs: RecordedRun[] = []
  const deadLetters: DeadLetter[] = []
  const leaves = new Map<string, readonly LogLeaf[]>()
  for (const tenant of world.tenants) {
    for await (const instance of runsOf(world.store, tenant)) {
      runs.push({
        instance,
        entries: await entriesOf(world.store, instance),
        approvals: (await world.store.approvals({ tenant, runId: instance.runId, limit: 1000 }))
          .items,
      })
    }
    deadLetters.push(...(await world.store.deadLetters({ tenant, limit: 1000 })).items)
    leaves.set(tenant, await leavesOf(world.store, tenant))
  }
  const records = runs.flatMap(({ entries }) => entries)
  return { ...world, runs, records, deadLetters, leaves }
}

async function* runsOf(store: LoopStore, tenant: string): AsyncGenerator<LoopInstance> {
  for (let cursor: string | undefined; ;) {
    const page = await store.find({ tenant, limit: 500, ...(cursor !== undefined && { cursor }) })
    yield* page.items
    cursor = page.cursor
    if (cursor === undefined) return
  }
}

async function entriesOf(
  store: LoopStore,
  { tenant, runId }: LoopInstance,
): Promise<readonly RecordedEntry[]> {
  const entries: RecordedEntry[] = []
  for (let from = 1; ;) {
    const page = await store.entries(tenant, runId, { from, limit: 500 })
    for (const stored of page) {
      const at = { runId, seq: stored.seq }
      entries.push({ stored, entry: openEntry(stored), evidence: openEvidence(stored), at })
    }
    const last = page.at(-1)
    if (!last || page.length < 500) return entries
    from = last.seq + 1
  }
}

async function leavesOf(store: LoopStore, tenant: string): Promise<readonly LogLeaf[]> {
  const leaves: LogLeaf[] = []
  for (;;) {
    const page = await store.leaves(tenant, { from: leaves.length, limit: 1000 })
    leaves.push(...page)
    if (page.length < 1000) return leaves
  }
}
