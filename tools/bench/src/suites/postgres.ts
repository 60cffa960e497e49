import { createPostgresStore } from '@loop-engine/integration-postgres'
import { startPostgres } from '@loop-engine/testing'
import pg from 'pg'

import { drive } from '../drive.ts'
import type { Figure, Suite } from '../figure.ts'
import { rates, type Contender } from '../measure.ts'
import { openRaw } from '../raw-postgres.ts'
import { seedRuns } from '../seed.ts'

const conditions = 'PostgreSQL on loopback, synchronous_commit=on, durability power'

const comparisons = [
  { callers: 1, tables: 'same', target: { atLeast: 0.85 } },
  { callers: 16, tables: 'same', target: { atLeast: 0.85 } },
  { callers: 64, tables: 'same', target: { atLeast: 2.5 } },
  { callers: 1, tables: 'lean', target: { none: true } },
  { callers: 64, tables: 'lean', target: { none: true } },
] as const

/** Compares a durable transition in PostgreSQL with one prepared statement that writes the same rows. */
export const postgres: Suite = async ({ quick }) => {
  const pace = quick ? { rounds: 1, ms: 300, batch: 64 } : { rounds: 5, ms: 1500, batch: 64 }
  const [oldRuns, entriesEach] = quick ? [20, 500] : [2000, 500]
  const server = await startPostgres({ private: true })
  const figures: Figure[] = []
  try {
    const store = (schema: string, callers: number): Contender => ({
      prepare: () => drive(createPostgresStore({ connectionString: server.url, schema }), callers),
    })
    for (const { callers, tables, target } of comparisons) {
      const raw: Contender = {
        prepare: () => openRaw({ url: server.url, schema: server.schema(), callers, tables }),
      }
      const { ours, baseline } = await rates(
        { ours: store(server.schema(), callers), baseline: raw },
        // The batches are long, because at the end of each the callers wait for one another.
        { ...pace, batch: callers * 32 },
      )
      figures.push({
        name: `${callers} caller(s)${tables === 'lean' ? ', lean tables' : ''}`,
        ours,
        baseline,
        unit: 'commits/s',
        against: `one prepared statement (CTE) into ${tables === 'lean' ? 'tables with a key each and no other index' : 'the same tables'}, ${callers} connection(s)`,
        target,
        conditions: `${conditions}; ours over 3 connections`,
      })
    }
    const [empty, full] = [server.schema(), server.schema()]
    const seeded = createPostgresStore({ connectionString: server.url, schema: full })
    await seedRuns(seeded, oldRuns, entriesEach)
    await seeded.close()
    await settle(server.url)
    const { ours, baseline } = await rates(
      { ours: store(full, 16), baseline: store(empty, 16) },
      { ...pace, batch: 128 },
    )
    figures.push({
      name: `16 callers, ${(oldRuns * entriesEach).toLocaleString('en')} old entries`,
      ours,
      baseline,
      unit: 'commits/s',
      against: 'the same over empty tables',
      target: { atLeast: 0.85 },
      conditions: `${conditions}; ${oldRuns} old runs, vacuumed`,
    })
  } finally {
    await server.stop()
  }
  return figures
}

/** Does before a round what autovacuum and the checkpointer would otherwise do during it, after so many new rows. */
async function settle(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString })
  await client.connect()
  await client.query('VACUUM (ANALYZE)')
  await client.query('CHECKPOINT')
  await client.end()
}
