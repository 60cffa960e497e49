import type { LoopStore } from '@loop-engine/core'
import {
  approvalRequest,
  nextPlan,
  outboxItem,
  planEpoch,
  startPlan,
  startPostgres,
  type PostgresServer,
} from '@loop-engine/testing'
import pg from 'pg'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'

import { createPostgresStore, type PostgresStoreOptions } from '../postgres.ts'

let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres()
})

function storeOf(options: Partial<PostgresStoreOptions>): LoopStore {
  const store = createPostgresStore({ connectionString: server.url, ...options })
  onTestFinished(() => store.close())
  return store
}

function poolOf(options = '', max = 10): pg.Pool {
  const pool = new pg.Pool({ connectionString: server.url, options, max })
  onTestFinished(() => pool.end())
  return pool
}

/** Lets whoever would make the schema wait. */
async function holdUp(schema: string) {
  const holder = await poolOf().connect()
  const lock = `hashtext('loop-engine/migrate'), hashtext('${schema}')`
  await holder.query(`SELECT pg_advisory_lock(${lock})`)
  const waiters = `SELECT count(*)::integer AS count FROM pg_locks WHERE NOT granted AND locktype = 'advisory'
    AND objid = (hashtext('${schema}')::bigint & 4294967295)::oid`
  return {
    async waiting(count: number) {
      while ((await holder.query<{ count: number }>(waiters)).rows[0]?.count !== count);
    },
    async release() {
      await holder.query(`SELECT pg_advisory_unlock(${lock})`)
      holder.release()
    },
  }
}

describe('opening', () => {
  test('by five starters at once makes one schema', async () => {
    const schema = server.schema()
    const stores = Array.from({ length: 5 }, () => storeOf({ schema }))

    await Promise.all(stores.map((store) => store.open()))

    const { rows } = await poolOf().query<{ version: number }>(
      `SELECT version FROM ${schema}.migration`,
    )
    expect(rows.map(({ version }) => version)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ])
  })

  test('finds the schema that another starter made while it waited, though its session knew of none', async () => {
    const schema = server.schema()
    const pool = poolOf('', 1)
    await storeOf({ schema: server.schema(), pool }).open()
    const { waiting, release } = await holdUp(schema)

    const opening = storeOf({ schema, pool }).open()
    await waiting(1)
    await poolOf().query(`CREATE SCHEMA ${schema}`)
    await release()

    await expect(opening).resolves.toBeUndefined()
  })

  test('asks for no right on the database where the role has its schema', async () => {
    const schema = server.schema()
    const owner = `${schema}_owner`
    const pool = poolOf()
    onTestFinished(
      async () => void (await pool.query(`DROP OWNED BY ${owner}; DROP ROLE ${owner}`)),
    )
    await pool.query(`CREATE ROLE ${owner} LOGIN PASSWORD 'owner';
      CREATE SCHEMA ${schema} AUTHORIZATION ${owner}`)
    const url = new URL(server.url)
    Object.assign(url, { username: owner, password: 'owner' })

    const store = storeOf({ schema, connectionString: url.href })
    await store.open()

    expect(await store.commit([startPlan()])).toEqual([{ kind: 'committed' }])
  })

  test('takes as long as it needs, where any other call would be given up', async () => {
    const schema = server.schema()
    const { waiting, release } = await holdUp(schema)
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())

    const opening = storeOf({ schema }).open()
    await waiting(1)
    await vi.advanceTimersByTimeAsync(3_600_000)
    await release()

    await expect(opening).resolves.toBeUndefined()
  })

  test('a schema of a newer version is refused and left alone', async () => {
    const schema = server.schema()
    await storeOf({ schema }).open()
    const pool = poolOf()
    await pool.query(`INSERT INTO ${schema}.migration (version) VALUES (99)`)

    const opening = storeOf({ schema }).open()

    await expect(opening).rejects.toMatchObject({ code: 'unsupported', details: { version: 99 } })
  })

  test('what has to be there is not made, and the error says where it was looked for', async () => {
    const schema = server.schema()

    const opening = storeOf({ schema, mustExist: true }).open()

    await expect(opening).rejects.toMatchObject({
      code: 'not_found',
      message: `The PostgreSQL database holds no Loop Engine tables in the schema ${schema}.`,
    })
    const { rows } = await poolOf().query('SELECT FROM pg_namespace WHERE nspname = $1', [schema])
    expect(rows).toEqual([])
  })

  test('an older schema is not upgraded where it has to be there', async () => {
    const schema = server.schema()
    await storeOf({ schema }).open()
    const pool = poolOf()
    await pool.query(`DELETE FROM ${schema}.migration WHERE version = 15`)

    const opening = storeOf({ schema, mustExist: true }).open()

    await expect(opening).rejects.toMatchObject({
      code: 'unsupported',
      details: { version: 14, known: 15 },
    })
    const { rows } = await pool.query(`SELECT max(version) AS version FROM ${schema}.migration`)
    expect(rows).toEqual([{ version: 14 }])
  })

  test('an older schema is told for whom its requests wait', async () => {
    const schema = server.schema()
    const store = storeOf({ schema })
    await store.open()
    const start = startPlan()
    const request = approvalRequest(start.instance)
    await store.commit([{ ...start, approvals: [request] }])
    await poolOf().query(`DROP TRIGGER keep_waiting ON ${schema}.approval;
      DROP FUNCTION ${schema}.keep_waiting_v12, ${schema}.waits_for_v12, ${schema}.waiting_v12, ${schema}.waiting_v15;
      DROP TABLE ${schema}.waiting; DELETE FROM ${schema}.migration WHERE version >= 11`)

    await storeOf({ schema }).open()

    const { items } = await store.approvals({ tenant: 'acme', reviewers: ['*'] })
    expect(items).toEqual([request])
  })

  test('no partition is made where the schema has to be there', async () => {
    const schema = server.schema()
    await storeOf({ schema }).open()
    const pool = poolOf()
    const partitions = async (): Promise<string[]> => {
      const { rows } = await pool.query<{ name: string }>(
        `SELECT inhrelid::regclass::text AS name FROM pg_inherits
          WHERE inhparent = '${schema}.entry'::regclass ORDER BY 1`,
      )
      return rows.map(({ name }) => name)
    }
    const newest = (await partitions()).findLast((name) => !name.endsWith('default'))
    await pool.query(`DROP TABLE ${newest}`)

    await storeOf({ schema, mustExist: true }).open()
    expect(await partitions()).not.toContain(newest)
    await storeOf({ schema }).open()
    expect(await partitions()).toContain(newest)
  })

  test('a role that may only read can look at what is there', async () => {
    const schema = server.schema()
    await storeOf({ schema }).open()
    const reader = `${schema}_reader`
    const pool = poolOf()
    onTestFinished(
      async () => void (await pool.query(`DROP OWNED BY ${reader}; DROP ROLE ${reader}`)),
    )
    await pool.query(`CREATE ROLE ${reader} LOGIN PASSWORD 'reader'`)
    await pool.query(`GRANT USAGE ON SCHEMA ${schema} TO ${reader};
      GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${reader}`)
    const url = new URL(server.url)
    Object.assign(url, { username: reader, password: 'reader' })

    const store = storeOf({ schema, mustExist: true, connectionString: url.href })
    await store.open()

    expect(await store.find({ tenant: 'acme' })).toEqual({ items: [] })
    await expect(store.commit([startPlan()])).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The role of the postgres store lacks a right (42501).',
    })
  })

  test("nobody else's functions run as the store, whichever schema the session looks into", async () => {
    const schema = server.schema()
    const pool = poolOf()
    const traps = `${schema}_traps`
    await pool.query(`CREATE SCHEMA ${traps};
      CREATE FUNCTION ${traps}.spring() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE 'a trap' USING ERRCODE = 'LE999'; END $$;
      CREATE FUNCTION ${traps}.cardinality(integer[]) RETURNS integer LANGUAGE sql AS 'SELECT ${traps}.spring(); SELECT 1';
      CREATE FUNCTION ${traps}.format(text, regprocedure) RETURNS text LANGUAGE sql AS 'SELECT ${traps}.spring(); SELECT $1';
      CREATE FUNCTION ${traps}.nextval(text) RETURNS bigint LANGUAGE sql AS 'SELECT ${traps}.spring(); SELECT 1::bigint';
      CREATE FUNCTION ${traps}.json_to_recordset(text) RETURNS SETOF record LANGUAGE sql
        AS 'SELECT ${traps}.spring(); SELECT 1, ''a'', 1::bigint'`)
    const lured = poolOf(`-c search_path=public,${traps}`)
    const store = storeOf({ schema, pool: lured, maxConnections: 1 })
    await store.open()
    const start = startPlan()
    const idempotency = { principal: 'p', key: 'k', fingerprint: 'f', answer: '{}', at: planEpoch }
    const plan = { ...start, outbox: [outboxItem(start.instance)], idempotency }

    expect(await store.commit([plan])).toEqual([{ kind: 'committed' }])
    expect(await store.commit([plan])).toEqual([{ kind: 'duplicate', answer: '{}' }])
    const due = { worker: 'w', now: planEpoch, leaseMs: 1, limit: 1 }
    const instance = { tenant: 'acme', aggregateId: 'order-1' }
    for (const query of [due, { ...due, now: planEpoch + 1, instance }]) {
      const claims = await store.claim(query)
      expect(await store.extend(claims, planEpoch)).toEqual([true])
    }
    expect(await store.unlogged('acme', 10)).toEqual(start.entries)
    expect(await store.retention?.drop({ before: planEpoch })).toMatchObject({ runs: 0 })
  })

  test('a session that acknowledges too early is refused unless asked for', async () => {
    const schema = server.schema()
    const pool = poolOf('-c synchronous_commit=off')

    const lax = storeOf({ schema, pool, allowAsyncCommit: true })

    await expect(storeOf({ schema, pool }).open()).rejects.toMatchObject({ code: 'invalid_config' })
    await lax.open()
    expect(lax.durability).toBe('process')
    expect(await lax.commit([startPlan()])).toEqual([{ kind: 'committed' }])
    await expect(storeOf({ schema, pool }).commit([startPlan()])).rejects.toMatchObject({
      code: 'invalid_config',
    })
  })
})

describe('storing', () => {
  test('what JSON may escape comes back to the byte', async () => {
    const store = storeOf({ schema: server.schema() })
    await store.open()
    const metadata = { 'nul \u0000': 'line \u2028 end, \\u0000, "quoted", 😀, \u007f' }
    const start = startPlan({ metadata })
    const sealed = { text: JSON.stringify(metadata), salt: 'salt' }
    const next = nextPlan(start.instance, [{ data: metadata, sealed }])

    const results = await store.commit([start, next])

    expect(results).toEqual([{ kind: 'committed' }, { kind: 'committed' }])
    expect(await store.get('acme', 'order-1')).toEqual(next.instance)
    expect(await store.entries('acme', start.instance.runId)).toEqual([
      ...start.entries,
      ...next.entries,
    ])
  })

  test('what waits is not missed for what PostgreSQL cannot read of it', async () => {
    const store = storeOf({ schema: server.schema() })
    await store.open()
    const odd = ['ann\u0000', '\ud800', '\\u0000']
    const plans = odd.map((name, place) => {
      const start = startPlan({ aggregateId: `order-${place}` })
      const policy = { stages: [{ reviewers: [name], quorum: 1 }], fourEyes: true, expiresIn: '1h' }
      return { ...start, approvals: [approvalRequest(start.instance, { policy })] }
    })

    expect(await store.commit(plans)).toEqual(plans.map(() => ({ kind: 'committed' })))

    for (const [place, name] of odd.entries()) {
      const { items } = await store.approvals({ tenant: 'acme', reviewers: [name, '*'] })
      expect(items).toContainEqual(plans[place]?.approvals[0])
    }
  })

  test('a value that PostgreSQL has no text for fails alone', async () => {
    const store = storeOf({ schema: server.schema(), maxConnections: 1 })
    await store.open()
    const good = startPlan({ aggregateId: 'order-1' })
    const bad = startPlan({ aggregateId: 'order\u0000' })

    const answers = await Promise.allSettled([good, bad].map((plan) => store.commit([plan])))

    expect(answers).toMatchObject([
      { status: 'fulfilled', value: [{ kind: 'committed' }] },
      { status: 'rejected', reason: { code: 'invalid_input' } },
    ])
  })

  test('a value that is too long for an index is named so, and is no conflict', async () => {
    const store = storeOf({ schema: server.schema() })
    await store.open()
    const long = Array.from({ length: 1000 }, (_, place) => String.fromCharCode(0x4e00 + place * 7))

    const key = startPlan({ aggregateId: long.join(''), runId: 'run-1' })
    const reservations = [{ key: long.join(''), bucket: 0, amount: 1, limit: 1 }]
    const counter = startPlan({}, { reservations })

    const answers = await Promise.allSettled([key, counter].map((plan) => store.commit([plan])))

    const reason = { code: 'too_large', retryable: false }
    expect(answers).toMatchObject([{ reason }, { reason }])
  })

  test('callers that come together share statements', async () => {
    const pool = poolOf()
    const store = storeOf({ schema: server.schema(), pool, maxConnections: 2, listen: false })
    await store.open()
    let statements = 0
    pool.on('acquire', () => {
      statements += 1
    })
    const plans = Array.from({ length: 100 }, (_, index) =>
      startPlan({ aggregateId: `order-${index}` }),
    )

    const answers = await Promise.all(plans.map((plan) => store.commit([plan])))

    expect(answers.flat()).toEqual(plans.map(() => ({ kind: 'committed' })))
    expect(statements).toBe(2)
  })
})
