import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'

import { agent, ringLoop, smallEvidence } from '../bench-loop.ts'
import type { Figure, Suite } from '../figure.ts'
import { rates, type Contender } from '../measure.ts'
import { seedRun } from '../seed.ts'
import { temporaryFile } from '../temporary.ts'

const conditions = 'SQLite WAL, synchronous=NORMAL, durability process'

/** Measures whether a run with a long history moves, and is read, as fast as a young one. */
export const history: Suite = async ({ quick }) => {
  const pace = quick ? { rounds: 1, ms: 150, batch: 20 } : { rounds: 5, ms: 1000, batch: 50 }
  const figures: Figure[] = []
  const young = await openSeeded(2)
  for (const entries of quick ? [1000, 10_000] : [1000, 300_000]) {
    const old = await openSeeded(entries)
    for (const [name, contender] of [
      ['transition', moves],
      ['read a page of 500 entries', reads],
    ] as const) {
      const { ours, baseline } = await rates(
        { ours: contender(old), baseline: contender(young) },
        pace,
      )
      figures.push({
        name: `${name}, ${entries.toLocaleString('en')} entries there`,
        ours,
        baseline,
        unit: 'per second',
        against: 'the same over a young run',
        target: { atLeast: 0.85 },
        conditions,
      })
    }
    await old.close()
  }
  await young.close()
  return figures
}

async function openSeeded(entries: number): Promise<LoopSystem> {
  const store = createSqliteStore({ path: temporaryFile(), durability: 'process' })
  await seedRun(store, 'read', Math.max(entries, 500))
  await seedRun(store, 'move', entries)
  return createLoopSystem({ loops: [ringLoop], store, relay: false })
}

function moves({ engine }: LoopSystem): Contender {
  return {
    prepare: async () => ({
      async work(count) {
        for (let done = 0; done < count; done++) {
          await engine.transition({
            aggregateId: 'move',
            signal: 'next',
            actor: agent,
            evidence: { ...smallEvidence },
          })
        }
      },
    }),
  }
}

function reads({ engine }: LoopSystem): Contender {
  return {
    prepare: async () => ({
      async work(count) {
        for (let done = 0; done < count / 10; done++) {
          let left = 500
          for await (const _ of engine.history({ aggregateId: 'read' })) if (--left === 0) break
        }
      },
    }),
  }
}
