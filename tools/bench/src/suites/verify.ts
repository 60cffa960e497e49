import { hash } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { verifyStore } from '@loop-engine/observability'

import type { Suite } from '../figure.ts'
import { median } from '../measure.ts'
import { seedRun } from '../seed.ts'
import { temporaryFile } from '../temporary.ts'

/** Compares verifying a store with hashing the same texts, both from memory and as they are read from the file. */
export const verify: Suite = async ({ quick }) => {
  const [runs, perRun] = quick ? [2, 10_000] : [10, 100_000]
  const path = temporaryFile()
  const store = createSqliteStore({ path, durability: 'process' })
  await store.open()
  let last = ''
  for (let run = 0; run < runs; run++) last = (await seedRun(store, `case-${run}`, perRun)).runId
  const bodies = (await store.entries('default', last, { limit: 1000 })).map(({ body }) => body)
  const file = new DatabaseSync(path, { readOnly: true })

  const ours: number[] = []
  const hashed: number[] = []
  const readAndHashed: number[] = []
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    hashed.push(hashRate(bodies, quick ? 20_000 : 500_000))
    readAndHashed.push(readAndHashRate(file, last, perRun))
    const report = await verifyStore({ store, tenant: 'default' })
    if (!report.ok || report.entries !== runs * perRun)
      throw new Error('The store does not verify.')
    ours.push(report.entries / (report.durationMs / 1000))
  }
  file.close()
  await store.close()
  const shared = {
    ours: median(ours),
    unit: 'entries/s',
    target: { atLeast: 0.33 },
    conditions: 'from a SQLite file, chain and evidence digests',
  }
  const name = `${(runs * perRun).toLocaleString('en')} entries`
  return [
    {
      ...shared,
      name: `${name}, against hashing alone`,
      baseline: median(hashed),
      against: 'crypto.hash over the same bodies, in memory',
    },
    {
      ...shared,
      name: `${name}, against reading and hashing`,
      baseline: median(readAndHashed),
      against: 'the same bodies read from the same file by node:sqlite, and hashed',
    },
  ]
}

/** Reads the bodies, in pages, and hashes them without any comparison. */
function readAndHashRate(file: DatabaseSync, runId: string, entries: number): number {
  const page = file.prepare(
    'SELECT body FROM entry WHERE tenant = ? AND run_id = ? AND seq BETWEEN ? AND ? ORDER BY seq',
  )
  page.setReturnArrays(true)
  const start = performance.now()
  for (let from = 1; from <= entries; from += 1000)
    for (const [body] of page.all('default', runId, from, from + 999) as unknown as [string][])
      hash('sha256', body, 'hex')
  return entries / ((performance.now() - start) / 1000)
}

function hashRate(bodies: readonly string[], count: number): number {
  const start = performance.now()
  for (let done = 0; done < count; done++) hash('sha256', bodies[done % bodies.length] ?? '', 'hex')
  return count / ((performance.now() - start) / 1000)
}
