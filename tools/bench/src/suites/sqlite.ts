import { createSqliteStore } from '@loop-engine/integration-sqlite'

import { drive } from '../drive.ts'
import type { Figure, Suite } from '../figure.ts'
import { rates, type Contender } from '../measure.ts'
import { durabilityOf, openRaw, type Synchronous } from '../raw-sqlite.ts'
import { temporaryFile } from '../temporary.ts'

const byHand = 'hand-written three-row transaction (compare-and-swap, entry, outbox), one at a time'
const oneCaller = 'the same store, one caller'

/** Compares a durable transition in one SQLite file with a hand-written transaction of the same rows. */
export const sqlite: Suite = async ({ quick }) => {
  const pace = quick ? { rounds: 2, ms: 200, batch: 64 } : { rounds: 7, ms: 1200, batch: 128 }
  const cases = [
    {
      name: 'NORMAL, one caller',
      synchronous: 'NORMAL',
      callers: 1,
      against: byHand,
      atLeast: 0.8,
    },
    { name: 'FULL, one caller', synchronous: 'FULL', callers: 1, against: byHand, atLeast: 0.9 },
    { name: 'FULL, 64 callers', synchronous: 'FULL', callers: 64, against: byHand, atLeast: 3 },
    {
      name: 'FULL, 64 callers against one',
      synchronous: 'FULL',
      callers: 64,
      against: oneCaller,
      atLeast: 3,
    },
  ] as const
  const figures: Figure[] = []
  for (const { name, synchronous, callers, against, atLeast } of cases) {
    const batch = Math.max(pace.batch, callers * 4)
    const { ours, baseline } = await rates(
      {
        ours: store(synchronous, callers),
        baseline: against === byHand ? raw(synchronous) : store(synchronous, 1),
      },
      { ...pace, batch },
    )
    figures.push({
      name,
      ours,
      baseline,
      unit: 'commits/s',
      against,
      target: { atLeast },
      conditions: `WAL, synchronous=${synchronous}, durability ${durabilityOf[synchronous]}, ${callers} run(s)`,
    })
  }
  return figures
}

function store(synchronous: Synchronous, callers: number): Contender {
  const durability = durabilityOf[synchronous]
  return warm(() => drive(createSqliteStore({ path: temporaryFile(), durability }), callers))
}

function raw(synchronous: Synchronous): Contender {
  return warm(async () => openRaw(temporaryFile(), synchronous))
}

/** Begins a round only when the write-ahead log has reached its final length and the thread that copies it runs. */
function warm(prepare: Contender['prepare']): Contender {
  return {
    async prepare() {
      const prepared = await prepare()
      await prepared.work(1024)
      return prepared
    },
  }
}
