import { hash } from 'node:crypto'

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
  const baseline: number[] = []
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    baseline.push(hashRate(bodies, quick ? 20_000 : 500_000))
    const report = await verifyStore({ store, tenant: 'default' })
    if (!report.ok || report.entries !== runs * perRun)
      throw new Error('The store does not verify.')
    ours.push(report.entries / (report.durationMs / 1000))
  }
  await store.close()
  return [
    {
      suite: 'verify',
      name: `${(runs * perRun).toLocaleString('en')} entries`,
      ours: median(ours),
      baseline: median(baseline),
      unit: 'entries/s',
      against: 'crypto.hash over the same bodies, in memory',
      target: { atLeast: 0.33 },
      conditions: 'from a SQLite file, one core, chain and evidence digests',
    },
  ]
}

function hashRate(bodies: readonly string[], count: number): number {
  const start = performance.now()
  for (let done = 0; done < count; done++) hash('sha256', bodies[done % bodies.length] ?? '', 'hex')
  return count / ((performance.now() - start) / 1000)
}
