import { hash } from 'node:crypto'

import type { LoopStore } from '@loop-engine/core'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { verifyStore } from '@loop-engine/observability'

import type { Suite } from '../figure.ts'
import { median } from '../measure.ts'
import { seedRun } from '../seed.ts'
import { temporaryFile } from '../temporary.ts'

/** Checking every entry of a store against the bare hashing of the same texts. */
export const verify: Suite = async ({ quick }) => {
  const [runs, perRun] = quick ? [2, 10_000] : [10, 100_000]
  const store = createSqliteStore({ path: temporaryFile(), durability: 'process' })
  await store.open()
  let last = ''
  for (let run = 0; run < runs; run++) last = (await seedRun(store, `case-${run}`, perRun)).runId
  const bodies = (await store.entries('default', last, { limit: 1000 })).map(({ body }) => body)

  const ours: number[] = []
  const floor: number[] = []
  const baseline: number[] = []
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    baseline.push(hashRate(bodies, quick ? 20_000 : 500_000))
    const report = await verifyStore({ store, tenant: 'default' })
    if (!report.ok || report.entries !== runs * perRun)
      throw new Error('The store does not verify.')
    ours.push(report.entries / (report.durationMs / 1000))
    floor.push(await readRate(store, last, perRun))
  }
  await store.close()
  const shared = {
    suite: 'verify',
    baseline: median(baseline),
    unit: 'entries/s',
    against: 'crypto.hash over the same bodies, in memory',
  }
  return [
    {
      ...shared,
      name: `${(runs * perRun).toLocaleString('en')} entries`,
      ours: median(ours),
      target: { atLeast: 0.33 },
      conditions: 'from a SQLite file, chain and evidence digests',
    },
    {
      ...shared,
      name: 'floor: the same entries read, nothing checked',
      ours: median(floor),
      target: { none: true },
      conditions: 'node:sqlite, pages of 1,000',
    },
  ]
}

async function readRate(store: LoopStore, runId: string, entries: number): Promise<number> {
  const start = performance.now()
  for (let from = 1; from <= entries; from += 1000)
    await store.entries('default', runId, { from, limit: 1000 })
  return entries / ((performance.now() - start) / 1000)
}

function hashRate(bodies: readonly string[], count: number): number {
  const start = performance.now()
  for (let done = 0; done < count; done++) hash('sha256', bodies[done % bodies.length] ?? '', 'hex')
  return count / ((performance.now() - start) / 1000)
}
