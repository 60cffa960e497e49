import {
  applyEntry,
  LoopError,
  openEntry,
  sealEntry,
  type LoopInstance,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'
import { createLoopSystem, type LoopEngine } from '@loop-engine/sdk'

import { after, agent, ring, ringLoop, smallEvidence } from './bench-loop.ts'

const perCommit = 500
const atOnce = 16

/** Starts a run and gives it `count` valid, chained entries of the size that the engine writes, many in each commit. */
export async function seedRun(
  store: LoopStore,
  aggregateId: string,
  count: number,
): Promise<LoopInstance> {
  const { engine } = await createLoopSystem({ loops: [ringLoop], store, relay: false })
  return startAndGrow(engine, store, aggregateId, count)
}

/** Starts many runs with `entriesEach` entries. */
export async function seedRuns(store: LoopStore, runs: number, entriesEach: number): Promise<void> {
  const { engine } = await createLoopSystem({ loops: [ringLoop], store, relay: false })
  const left = Array.from({ length: runs }, (_, index) => `old-${index}`).values()
  const seedThoseLeft = async (): Promise<void> => {
    for (const aggregateId of left) await startAndGrow(engine, store, aggregateId, entriesEach)
  }
  await Promise.all(Array.from({ length: atOnce }, seedThoseLeft))
}

async function startAndGrow(
  engine: LoopEngine,
  store: LoopStore,
  aggregateId: string,
  count: number,
): Promise<LoopInstance> {
  await engine.start({ loopId: ringLoop.id, aggregateId, actor: agent })
  const first = await engine.transition({
    aggregateId,
    signal: 'next',
    actor: agent,
    evidence: { ...smallEvidence },
  })
  const [template] = await store.entries('default', first.instance.runId, { from: 2, limit: 1 })
  if (!template) throw new LoopError('corrupt', 'A transition recorded nothing.')
  let instance = first.instance
  while (instance.version < count) {
    instance = await grow(store, instance, template, Math.min(perCommit, count - instance.version))
  }
  return instance
}

async function grow(
  store: LoopStore,
  before: LoopInstance,
  template: StoredEntry,
  count: number,
): Promise<LoopInstance> {
  const { v: _, seq: __, prevHash: ___, ...pattern } = openEntry(template)
  const sealed = { text: template.evidence ?? '{}', salt: template.salt ?? '' }
  const entries: StoredEntry[] = []
  let instance = before
  for (let made = 0; made < count; made++) {
    const index = ring.findIndex((state) => state === instance.currentState)
    const draft = {
      ...pattern,
      transitionId: `next-${index}`,
      fromState: instance.currentState,
      toState: after(index),
      at: instance.updatedAt,
    }
    const entry = sealEntry(draft, instance, sealed)
    entries.push(entry)
    instance = applyEntry(instance, draft, entry)
  }
  const [result] = await store.commit([
    { tenant: instance.tenant, instance, expectedVersion: before.version, entries, scopes: [] },
  ])
  if (result?.kind !== 'committed')
    throw new LoopError('conflict', 'Old entries could not be made.')
  return instance
}
