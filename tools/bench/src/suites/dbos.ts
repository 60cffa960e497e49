import { createPostgresStore } from '@loop-engine/integration-postgres'
import { startPostgres } from '@loop-engine/testing'

import { driveDbos } from '../drive-dbos.ts'
import { drive, driveRuns } from '../drive.ts'
import type { Figure, Suite } from '../figure.ts'
import { rates } from '../measure.ts'

/** Compares with DBOS, which a user might choose for a durable step, on the same server. The two do different work. */
export const dbos: Suite = async ({ quick }) => {
  const pace = quick ? { rounds: 1, ms: 150 } : { rounds: 3, ms: 1500 }
  const server = await startPostgres({ private: true })
  const schema = server.schema()
  const store = () => createPostgresStore({ connectionString: server.url, schema })
  const figures: Figure[] = []
  try {
    for (const callers of [1, 16]) {
      const seen = await rates(
        {
          moved: { prepare: () => drive(store(), callers) },
          whole: { prepare: () => driveRuns(store(), callers) },
          dbos: { prepare: () => driveDbos(server.url, callers) },
        },
        { ...pace, batch: callers * (quick ? 1 : 8) },
      )
      for (const [name, ours] of [
        ['a transition of an open run', seen.moved],
        ['a run started and closed', seen.whole],
      ] as const) {
        figures.push({
          name: `${name}, ${callers} caller(s)`,
          ours,
          baseline: seen.dbos,
          unit: 'per second',
          against: 'DBOS 4, a workflow of one step that does nothing',
          target: { none: true },
          conditions: 'one PostgreSQL on loopback, synchronous_commit=on, both with their defaults',
        })
      }
    }
  } finally {
    await server.stop()
  }
  return figures
}
