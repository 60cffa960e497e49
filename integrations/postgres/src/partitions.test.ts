import type { CommitPlan, CommitResult } from '@loop-engine/core'
import { nextPlan, startPlan, startPostgres } from '@loop-engine/testing'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'

import { encodePlans } from './commit/encode-plans.ts'
import { isPlain } from './commit/plain-values.ts'
import { functionsV1 } from './migrations/functions-v1.ts'
import { schemaV1 } from './migrations/schema-v1.ts'
import { openStore } from './postgres.fixture.ts'
import { createPostgresStore } from './postgres.ts'
import { commitRun, logAll, openLedger } from './retention.fixture.ts'

/** A schema as version 1 left it, and a process of that version which goes on. */
async function openVersion1() {
  const server = await startPostgres()
  const schema = server.schema()
  const pool = new pg.Pool({ connectionString: server.url, max: 4 })
  onTestFinished(() => pool.end())
  await pool.query(`CREATE SCHEMA ${schema}; ${schemaV1(schema)} ${functionsV1(schema)}
    CREATE TABLE ${schema}.migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
    INSERT INTO ${schema}.migration (version) VALUES (1)`)
  const commit = async (plans: readonly CommitPlan[]): Promise<CommitResult[]> => {
    const results: CommitResult[] = []
    for (const plan of plans) results.push(await commitAsVersion1(pool, schema, plan))
    return results
  }
  return { commit, pool, schema, server }
}

/** The quick way, and the other where that refuses or fails: each may be under way while the tables change. */
async function commitAsVersion1(
  pool: pg.Pool,
  schema: string,
  plan: CommitPlan,
): Promise<CommitResult> {
  const { tenant, instance, expectedVersion, entries } = plan
  const [entry] = entries
  if (isPlain(plan) && entry) {
    const { runId, aggregateId, version, currentState, status, updatedAt } = instance
    const { type, transitionId, at, hash, body, evidence, salt } = entry
    const run = [tenant, runId, aggregateId, expectedVersion, version, currentState, status]
    const values = [...run, '{}', updatedAt, JSON.stringify(instance)]
    const written = [type, transitionId, at, hash, body, evidence, salt]
    const quick = pool.query<{ obstacle: string | null }>(
      `SELECT ${schema}.commit_one_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false) AS obstacle`,
      [...values, ...written],
    )
    const obstacle = await quick.then(({ rows }) => rows[0]?.obstacle).catch(() => 'failed')
    if (obstacle === null) return { kind: 'committed' }
  }
  const slow = async (): Promise<pg.QueryResult<{ results: string | null }>> =>
    pool.query(`SELECT ${schema}.commit_v1($1, $2, $3, $4, false) AS results`, encodePlans([plan]))
  const { rows } = await slow().catch(slow)
  const results = JSON.parse(rows[0]?.results ?? '[null]') as (CommitResult | null)[]
  return results[0] ?? { kind: 'committed' }
}

const starts = ['a', 'b', 'c'].map((aggregateId) => startPlan({ aggregateId }))

describe('a ledger of version 1', () => {
  test('is partitioned by any of several starters, row for row, while old processes go on', async () => {
    const { commit, pool, schema, server } = await openVersion1()
    await commit(starts)
    const first = starts.map(({ instance }) => nextPlan(instance, [{}, {}]))
    await commit(first)
    const rows = `SELECT tenant, run_id, seq, xid, type, transition_id, at, hash, body, evidence, salt
      FROM ${schema}.entry ORDER BY run_id, seq`
    const before = await pool.query(rows)
    const stores = Array.from({ length: 4 }, () =>
      createPostgresStore({ connectionString: server.url, schema }),
    )
    onTestFinished(async () => {
      for (const store of stores) await store.close()
    })

    const old = (async () => {
      let { instance } = startPlan({ aggregateId: 'busy' })
      await commit([startPlan({ aggregateId: 'busy' })])
      for (let count = 0; count < 30; count++) {
        const plan = nextPlan(instance, [{}])
        expect(await commit([plan])).toEqual([{ kind: 'committed' }])
        instance = plan.instance
      }
      return instance
    })()
    await Promise.all(stores.map((store) => store.open()))
    const busy = await old

    const [store] = stores
    if (!store) throw new Error('There are four stores.')
    const after = await pool.query(rows)
    expect(after.rows.filter(({ run_id }) => run_id !== busy.runId)).toEqual(before.rows)
    expect(await store.entries('acme', busy.runId, { limit: 100 })).toHaveLength(31)
    const next = first.map(({ instance }) => nextPlan(instance, [{ status: 'active' }]))
    expect(await store.commit(next)).toEqual(next.map(() => ({ kind: 'committed' })))
    // The oldest partition is the old table, and old runs stay in it.
    const { rows: places } = await pool.query(
      `SELECT tableoid::regclass::text AS place, count(*) FROM ${schema}.entry
      WHERE run_id <> $1 GROUP BY 1`,
      [busy.runId],
    )
    expect(places).toEqual([{ place: `${schema}.entry_unpartitioned`, count: '12' }])
    expect(await store.unlogged('acme', 100)).toHaveLength(43)
  })

  test('keeps a number of a run from being given twice, as before', async () => {
    const { commit, pool, schema, server } = await openVersion1()
    await commit(starts)
    const store = await openStore({ connectionString: server.url, schema })
    const fresh = startPlan({ aggregateId: 'new' })
    await store.commit([fresh])

    for (const runId of ['run-of-a', fresh.instance.runId]) {
      const again = pool.query(
        `INSERT INTO ${schema}.entry SELECT * FROM ${schema}.entry WHERE run_id = $1`,
        [runId],
      )
      await expect(again).rejects.toMatchObject({ code: '23505' })
    }
  })

  test('can be dropped whole when its runs are over', async () => {
    const { commit, schema, server } = await openVersion1()
    const closed = startPlan({ aggregateId: 'a', status: 'completed' })
    await commit([closed])
    const store = await openStore({ connectionString: server.url, schema })
    await logAll(store)

    const report = await store.retention?.drop({ before: 2e12 })

    expect(report).toMatchObject({ runs: 1, entries: 1, partitions: 1 })
    expect(await store.entries('acme', 'run-of-a')).toEqual([])
  })
})

describe('a new ledger', () => {
  test('has partitions for this month and the next two, and a run lies in the one of its start', async () => {
    const { store, sql } = await openLedger()
    await commitRun(store, 'order')

    const months = await sql(
      'SELECT name, to_at > extract(epoch FROM now()) * 1000 AS ahead FROM $s.partitions_v3()',
    )
    const places = await sql(`SELECT DISTINCT tableoid::regclass::text = '$s.entry_' ||
      to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') AS here FROM $s.entry`)

    expect(months).toHaveLength(3)
    expect(months.every(({ ahead }) => ahead)).toBe(true)
    expect(places).toEqual([{ here: true }])
  })

  test('commits where no partition was made, and reads it back', async () => {
    const { store, sql } = await openLedger()
    for (const { name } of await sql('SELECT name FROM $s.partitions_v3()'))
      await sql(`DROP TABLE $s.${String(name)}`)

    const { instance } = await commitRun(store, 'order')

    expect(await store.entries('acme', instance.runId)).toHaveLength(4)
    expect(await sql('SELECT count(*) FROM $s.entry_default')).toEqual([{ count: '4' }])
    // The month that the default partition has begun stays there; the next ones are made.
    await store.open()
    expect(await sql('SELECT name FROM $s.partitions_v3()')).toHaveLength(2)
  })

  test('makes partitions ahead in a process that is never opened again', async () => {
    const { store, sql } = await openLedger()
    for (const { name } of await sql('SELECT name FROM $s.partitions_v3()'))
      await sql(`DROP TABLE $s.${String(name)}`)

    await store.commit([startPlan({ aggregateId: 'one', createdAt: 0 })])
    const none = await sql('SELECT name FROM $s.partitions_v3()')
    await store.commit([startPlan({ aggregateId: 'two', createdAt: 86_400_000 })])

    expect(none).toEqual([])
    expect(await sql('SELECT name FROM $s.partitions_v3()')).toHaveLength(2)
  })

  test('makes partitions ahead after the clock of the process was set back', async () => {
    const { store, sql } = await openLedger()
    await store.commit([startPlan({ aggregateId: 'one', createdAt: 86_400_000_000 })])
    for (const { name } of await sql('SELECT name FROM $s.partitions_v3()'))
      await sql(`DROP TABLE $s.${String(name)}`)

    await store.commit([startPlan({ aggregateId: 'two', createdAt: 86_400_000 })])

    expect(await sql('SELECT name FROM $s.partitions_v3()')).not.toEqual([])
  })

  test('is read on, and opened, while a dump keeps the partitions of the next months from being made', async () => {
    const { store, sql, schema, server } = await openLedger()
    const { instance } = await commitRun(store, 'order')
    const [, next] = await sql('SELECT name FROM $s.partitions_v3() ORDER BY from_at')
    await sql(`DROP TABLE $s.${String(next?.['name'])}`)
    const dump = new pg.Client(server.url)
    onTestFinished(() => dump.end())
    await dump.connect()
    await dump.query(`BEGIN; SELECT FROM ${schema}.entry`)

    let isOpen = false
    const opened = openStore({ connectionString: server.url, schema }).finally(() => {
      isOpen = true
    })
    while (!isOpen && (await sql('SELECT FROM pg_locks WHERE NOT granted')).length === 0);
    const entries = await store.entries('acme', instance.runId)
    const other = await opened
    await dump.query('COMMIT')
    await other.open()

    expect(entries).toHaveLength(4)
    expect(await sql('SELECT FROM $s.partitions_v3()')).toHaveLength(3)
  })

  test('reads a run from its own partition alone, however many there are', async () => {
    const { store, sql } = await openLedger()
    await commitRun(store, 'order')
    const plan = await sql(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF)
      SELECT seq FROM $s.entry WHERE tenant = 'acme' AND run_id = 'run-of-order' AND partition_at =
        (SELECT i.partition_at FROM $s.instance i WHERE i.tenant = 'acme' AND i.run_id = 'run-of-order') ORDER BY seq`)
    const lines = plan.map((row) => String(row['QUERY PLAN']))

    const read = lines.filter(
      (line) => line.includes(' on entry_') && !line.includes('never executed'),
    )
    expect(read).toHaveLength(1)
  })
})
