import pg from 'pg'

import { sizes } from './drive.ts'
import type { Work } from './measure.ts'

/** The same rows in one prepared statement: the least that a durable transition costs over a network. */
export async function openRaw(
  url: string,
  schema: string,
  callers: number,
): Promise<{ work: Work; done(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: url, max: callers })
  await pool.query(`
    CREATE SCHEMA ${schema};
    CREATE TABLE ${schema}.instance (run_id text PRIMARY KEY, version bigint NOT NULL, body text NOT NULL) WITH (fillfactor = 70);
    CREATE TABLE ${schema}.entry (run_id text NOT NULL, seq bigint NOT NULL, hash text NOT NULL, body text NOT NULL,
      evidence text, salt text, PRIMARY KEY (run_id, seq));
    CREATE TABLE ${schema}.outbox (id text PRIMARY KEY, payload text NOT NULL, due_at bigint NOT NULL);`)
  const text = `
    WITH moved AS (UPDATE ${schema}.instance SET version = $2, body = $3 WHERE run_id = $1 AND version = $2 - 1 RETURNING run_id),
    entry AS (INSERT INTO ${schema}.entry SELECT run_id, $2, $4, $5, $6, $7 FROM moved)
    INSERT INTO ${schema}.outbox SELECT $8, '{}', 0 FROM moved`
  const runs = Array.from({ length: callers }, (_, index) => ({
    id: `01a1fca3-a4df-7841-a144-${String(index).padStart(12, '0')}`,
    version: 0,
  }))
  for (const { id } of runs)
    await pool.query(`INSERT INTO ${schema}.instance VALUES ($1, 0, '')`, [id])
  const move = async (run: { id: string; version: number }, times: number): Promise<void> => {
    for (let done = 0; done < times; done++) {
      run.version += 1
      const hash = run.version.toString(16).padStart(64, '0')
      const result = await pool.query({
        name: 'commit',
        text,
        values: [
          run.id,
          run.version,
          sizes.instance,
          hash,
          sizes.body,
          sizes.evidence,
          sizes.salt,
          `${run.id}:${run.version}:publish:bench`,
        ],
      })
      if (result.rowCount !== 1) throw new Error('The raw commit lost a race that it runs alone.')
    }
  }
  return {
    work: async (count) => {
      await Promise.all(runs.map((run) => move(run, Math.ceil(count / callers))))
    },
    done: () => pool.end(),
  }
}
