import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLoopSystem } from '@loop-engine/sdk'

import { approvalLoop, approvalRound } from '../approval-round.ts'
import type { Suite } from '../figure.ts'
import { median } from '../measure.ts'
import { openRaw } from '../raw-sqlite.ts'
import { temporaryFile } from '../temporary.ts'

/** Measures the time from sending a person's decision until the agent that waits for it goes on. */
export const approval: Suite = async ({ quick }) => {
  const count = quick ? 50 : 4000
  const system = await createLoopSystem({
    loops: [approvalLoop],
    store: createSqliteStore({ path: temporaryFile(), durability: 'power' }),
    relay: false,
  })
  const raw = openRaw(temporaryFile(), 'FULL')
  const ours: number[] = []
  const baseline: number[] = []
  for (let index = 0; index < count; index++) {
    const took = await approvalRound(system, `case-${index}`)
    const start = performance.now()
    await raw.work(1)
    // A real server runs for days, so the first half warms up until the code of both sides is compiled.
    if (index < count / 2) continue
    ours.push(took * 1000)
    baseline.push((performance.now() - start) * 1000)
  }
  raw.done()
  await system.close()
  return [
    {
      name: 'decision sent → waiting agent goes on, p50',
      ours: median(ours),
      baseline: median(baseline),
      unit: 'µs',
      against: 'hand-written three-row transaction, p50',
      target: { atMost: 2 },
      conditions: 'SQLite WAL, synchronous=FULL, durability power, one process',
    },
  ]
}
