import { createPostgresStore } from '@loop-engine/integration-postgres'
import pg from 'pg'

import { inTurns, sizes } from './drive.ts'
import type { Work } from './measure.ts'

export interface RawPostgresOptions {
  readonly url: string
  readonly schema: string
  readonly callers: number
  /** `same` writes into the tables of the store, with their indexes; `lean` into tables with only a key each. */
  readonly tables: 'same' | 'lean'
}

/**
 * Writes the rows of a transition by one prepared statement, with a connection for
 * each caller: the lower bound of its cost over a network. It judges, hashes, locks
 * and reads nothing. No two callers write the same run, so it cannot lose a race.
 */
export async function openRaw({
  url,
  schema,
  callers,
  tables,
}: RawPostgresOptions): Promise<{ work: Work; done(): Promise<void> }> {
  const pool = new pg.Pool({ connectionString: url, max: callers })
  pool.on('error', () => {}) // the server may stop before the last connection is closed
  const text = await (tables === 'same' ? sameTables(url, schema) : leanTables(pool, schema))
  const runs = Array.from({ length: callers }, (_, index) => ({
    id: `01a1fca3-a4df-7841-a144-${String(index).padStart(12, '0')}`,
    version: 0,
  }))
  for (const { id } of runs) {
    await pool.query(
      tables === 'same'
        ? `INSERT INTO ${schema}.instance (tenant, run_id, loop_id, aggregate_id, state, status, version, tags, created_at, updated_at, body)
           VALUES ('default', $1, 'bench.ring', $1, 'S0', 'active', 0, '{}', 0, 0, '')`
        : `INSERT INTO ${schema}.instance VALUES ($1, 0, '')`,
      [id],
    )
  }
  const move = async (caller: number): Promise<void> => {
    const run = runs[caller]
    if (!run) throw new Error(`There is no caller ${caller}.`)
    run.version += 1
    const hash = run.version.toString(16).padStart(64, '0')
    const result = await pool.query({
      name: 'commit',
      text,
      values: [
        run.id,
        run.version,
        sizes.instance.postgres,
        hash,
        sizes.body,
        sizes.evidence,
        sizes.salt,
        `${run.id}:${run.version}:publish:bench`,
      ],
    })
    if (result.rowCount !== 1) throw new Error('The raw commit lost a race that it runs alone.')
  }
  return { work: inTurns(callers, move), done: () => pool.end() }
}

async function sameTables(connectionString: string, schema: string): Promise<string> {
  const store = createPostgresStore({ connectionString, schema })
  await store.open()
  await store.close()
  return `
    WITH moved AS (
      UPDATE ${schema}.instance SET state = 'S1', status = 'active', version = $2, tags = '{}', updated_at = $2, body = $3
        WHERE tenant = 'default' AND run_id = $1 AND version = $2 - 1 RETURNING run_id, partition_at),
    entry AS (
      INSERT INTO ${schema}.entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt, partition_at)
        SELECT 'default', run_id, $2, 'loop.transition.executed', 'next', $2, $4, $5, $6, $7, partition_at FROM moved)
    INSERT INTO ${schema}.outbox (tenant, id, aggregate_id, run_id, lane, kind, name, seq, payload, due_at, ready_at)
      SELECT 'default', $8, run_id, run_id, 'publish:bench:' || run_id, 'publish', 'bench', $2, '{}', $2, $2 FROM moved`
}

async function leanTables(pool: pg.Pool, schema: string): Promise<string> {
  await pool.query(`
    CREATE SCHEMA ${schema};
    CREATE TABLE ${schema}.instance (run_id text PRIMARY KEY, version bigint NOT NULL, body text NOT NULL) WITH (fillfactor = 70);
    CREATE TABLE ${schema}.entry (run_id text NOT NULL, seq bigint NOT NULL, hash text NOT NULL, body text NOT NULL,
      evidence text, salt text, PRIMARY KEY (run_id, seq));
    CREATE TABLE ${schema}.outbox (id text PRIMARY KEY, payload text NOT NULL, due_at bigint NOT NULL);`)
  return `
    WITH moved AS (UPDATE ${schema}.instance SET version = $2, body = $3 WHERE run_id = $1 AND version = $2 - 1 RETURNING run_id),
    entry AS (INSERT INTO ${schema}.entry SELECT run_id, $2, $4, $5, $6, $7 FROM moved)
    INSERT INTO ${schema}.outbox SELECT $8, '{}', 0 FROM moved`
}
