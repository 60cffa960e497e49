import { inspect } from 'node:util'

import { stopScopes, type CommitPlan, type LoopStore } from '@loop-engine/core'
import {
  nextPlan,
  outboxItem,
  startPlan,
  startPostgres,
  type PostgresServer,
} from '@loop-engine/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { openBigIntPool } from './bigint-pool.fixture.ts'
import { createPlainCommits } from './commit/plain-statement.ts'
import { expectKept, keepCommitting, openStore } from './postgres.fixture.ts'
import { createPostgresStore, type PostgresStoreOptions } from './postgres.ts'

let server: PostgresServer
let admin: pg.Pool

beforeAll(async () => {
  server = await startPostgres({ private: true })
  admin = new pg.Pool({ connectionString: server.url, max: 2 })
  admin.on('error', () => {})
  // A server that stops says so to a connection that is about to end, where the pool does not listen any more.
  admin.on('connect', (client) => client.on('error', () => {}))
})
afterAll(async () => {
  await admin.end()
  await server.stop()
})

const open = (options: Partial<PostgresStoreOptions> = {}): Promise<LoopStore> =>
  openStore({ connectionString: server.url, schema: server.schema(), ...options })

const startOf = (aggregateId: string): CommitPlan => startPlan({ aggregateId })

describe('a lost connection', () => {
  test('in the middle of commits loses nothing and doubles nothing', async () => {
    const store = await open()
    let rounds = 8
    const callers = Array.from({ length: 16 }, (_, index) =>
      keepCommitting(store, `order-${index}`, () => rounds > 0),
    )

    for (; rounds > 0; rounds -= 1) {
      await admin.query(
        `SELECT pg_sleep(0.05), pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'loop-engine'`,
      )
    }

    const acknowledged = await Promise.all(callers)
    expect(acknowledged).toHaveLength(16)
    for (const instance of acknowledged) await expectKept(store, instance)
  })

  test('outlives a crash of the server', async () => {
    const store = await open({ maxReconnects: 40 })
    let isOver = false
    const callers = Array.from({ length: 16 }, (_, index) =>
      keepCommitting(store, `order-${index}`, () => !isOver),
    )

    await admin.query('SELECT pg_sleep(0.2)')
    await server.crash()
    await server.restart()
    await admin.query('SELECT pg_sleep(0.2)').catch(() => admin.query('SELECT pg_sleep(0.2)'))
    isOver = true

    const acknowledged = await Promise.all(callers)
    expect(acknowledged).toHaveLength(16)
    for (const instance of acknowledged) await expectKept(store, instance)
  })

  test('that was idle is replaced', async () => {
    const store = await open({ maxConnections: 1 })
    const start = startOf('order-1')
    await store.commit([start])
    const ended = await admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'loop-engine'`,
    )
    const next = nextPlan(start.instance)

    expect(ended.rowCount).toBeGreaterThan(0)
    expect(await store.commit([next])).toEqual([{ kind: 'committed' }])
    await expectKept(store, next.instance)
  })

  test('is shared by more callers than there are, and each gets its turn', async () => {
    const store = await open({ maxConnections: 1 })
    const starts = Array.from({ length: 40 }, (_, index) => startOf(`order-${index}`))
    await store.commit(starts)

    const busy = starts.map(async ({ instance }) => {
      const before = await store.getRun(instance.tenant, instance.runId)
      const next = nextPlan(instance)
      const [result] = await store.commit([next])
      const after = await store.getRun(instance.tenant, instance.runId)
      return [before?.version, result?.kind, after?.version]
    })

    expect(await Promise.all(busy)).toEqual(starts.map(() => [1, 'committed', 2]))
  })

  const openDropping = async (): Promise<{ store: LoopStore; pool: pg.Pool }> => {
    const pool = new pg.Pool({ connectionString: server.url })
    pool.on('error', () => {})
    onTestFinished(() => pool.end())
    return { store: await open({ pool }), pool }
  }

  test('whose answer is lost is resolved to what happened', async () => {
    const { store, pool } = await openDropping()
    const start = startOf('order-1')
    await store.commit([start])
    const next = nextPlan(start.instance, [{}, {}])
    dropOneAnswer(pool)

    const results = await store.commit([next])

    expect(results).toEqual([{ kind: 'committed' }])
    await expectKept(store, next.instance)
  })

  test.each([undefined, 'EPIPE', 'ECONNRESET'])(
    'of a plan that could be applied twice is an unknown outcome, whatever the system calls it: %s',
    async (code) => {
      const { store, pool } = await openDropping()
      const start = startOf('order-1')
      await store.commit([start])
      const reservations = [{ key: 'budget', bucket: 0, amount: 1, limit: 9 }]
      dropOneAnswer(pool, code)

      const committing = store.commit([nextPlan(start.instance, [], { reservations })])

      await expect(committing).rejects.toMatchObject({
        code: 'unknown_outcome',
        plugin: 'postgres',
      })
      expect(await store.counter('acme', 'budget', 0)).toBe(1)
    },
  )
})

describe('a pool of the application', () => {
  test('is listened to on connections that are older than the store, for a commit that no standby may have', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    onTestFinished(() => pool.end())
    await pool.query('SELECT 1')
    const schema = server.schema()
    const store = await open({ pool, schema })
    const start = startOf('order-1')
    await store.commit([start])
    await admin.query(`CREATE FUNCTION ${schema}.warn() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$;
      CREATE TRIGGER warn AFTER INSERT ON ${schema}.counter EXECUTE FUNCTION ${schema}.warn()`)
    const reservations = [{ key: 'budget', bucket: 0, amount: 1, limit: 9 }]

    const committing = store.commit([nextPlan(start.instance, [], { reservations })])

    await expect(committing).rejects.toMatchObject({ code: 'unknown_outcome' })
  })

  test('may give numbers of eight bytes a type of its own', async () => {
    const store = await open({ pool: openBigIntPool(server.url) })
    const { instance, ...start } = startOf('order-1')

    await store.commit([{ ...start, instance, outbox: [outboxItem(instance)] }])

    expect(await store.nextDueAt()).toBe(instance.updatedAt)
    const [claim] = await store.claim({
      worker: 'w',
      now: instance.updatedAt,
      leaseMs: 1,
      limit: 1,
    })
    expect(claim).toMatchObject({ fence: expect.any(Number), dueAt: instance.updatedAt })
  })

  test('keeps nothing of a store that was closed', async () => {
    const pool = new pg.Pool({ connectionString: server.url })
    onTestFinished(() => pool.end())
    const counts = (): number[] => ['connect', 'error'].map((event) => pool.listenerCount(event))
    const before = counts()

    const store = await open({ pool })
    await store.close()

    expect(counts()).toEqual(before)
  })
})

describe('a session with settings of its own', () => {
  const poolWith = (setting: string): pg.Pool => {
    const pool = new pg.Pool({ connectionString: server.url, options: `-c ${setting}` })
    onTestFinished(() => pool.end())
    return pool
  }

  const failureOf = async (setting: string, schema: string): Promise<unknown> => {
    const store = createPostgresStore({ pool: poolWith(setting), schema, maxReconnects: 0 })
    onTestFinished(() => store.close())
    return store.commit([startOf('order-1')]).catch((failure: unknown) => failure)
  }

  test.each([
    ['statement_timeout', '57014'],
    ['lock_timeout', '55P03'],
  ])('says what to raise: %s', async (setting, sqlState) => {
    const schema = server.schema()
    await open({ schema })
    const holder = await admin.connect()
    await holder.query(`BEGIN; LOCK TABLE ${schema}.instance`)

    const failure = await failureOf(`${setting}=1`, schema)

    await holder.query('ROLLBACK')
    holder.release()
    const hint: unknown = expect.stringContaining(setting)
    expect(failure).toMatchObject({ code: 'unavailable', details: { sqlState }, hint })
  })

  test('that accepts no writes says so', async () => {
    const schema = server.schema()
    await open({ schema })

    const failure = await failureOf('default_transaction_read_only=on', schema)

    const hint: unknown = expect.stringContaining('accepts no writes')
    expect(failure).toMatchObject({ code: 'unavailable', hint })
  })

  test.each([
    ['knows a statement of ours', '42P05', 'PREPARE "loop_engine.settings" AS SELECT 1'],
    ['forgets a statement of ours', '26000', 'DEALLOCATE ALL'],
  ])('of a pooler that %s says what the pooler has to do', async (_, sqlState, meanwhile) => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 })
    onTestFinished(() => pool.end())
    const store = createPostgresStore({ pool, schema: server.schema() })
    onTestFinished(() => store.close())
    const isNew = sqlState === '42P05'
    if (!isNew) await store.open()
    await pool.query(meanwhile)

    const failure: unknown = await store.open().catch((error: unknown) => error)

    const hint: unknown = expect.stringContaining('max_prepared_statements')
    expect(failure).toMatchObject({ code: 'unavailable', details: { sqlState }, hint })
  })

  test('in which a backslash is none is refused', async () => {
    const pool = poolWith('standard_conforming_strings=off')
    const store = createPostgresStore({ pool, schema: server.schema() })

    await expect(store.open()).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('standard_conforming_strings'),
    })
    await store.close()
  })
})

describe('a connection that cannot be had', () => {
  const base = (): URL => new URL(server.url)
  const at = (change: Partial<URL>): string => Object.assign(base(), change).href

  test.each([
    ['a wrong password', () => at({ password: 'hunter2' }), '28P01', 'the password'],
    ['no such database', () => at({ pathname: '/nowhere' }), '3D000', 'name of the database'],
    ['no such server', () => at({ port: '1' }), 'ECONNREFUSED', 'is running'],
    ['no such host', () => at({ hostname: 'none.invalid' }), 'ENOTFOUND|EAI_AGAIN', 'the host'],
  ])('says why and where: %s', async (_, url, why, cure) => {
    const { hostname, port, pathname } = new URL(url())
    const store = createPostgresStore({ connectionString: url(), maxReconnects: 1 })
    onTestFinished(() => store.close())

    const failure: unknown = await store.open().catch((error: unknown) => error)

    expect(failure).toMatchObject({
      code: 'unavailable',
      retryable: true,
      plugin: 'postgres',
      message: expect.stringMatching(`at ${hostname}:${port}${pathname} .*[(](${why})[)]`),
      hint: expect.stringContaining(cure),
    })
  })

  test.each([
    'postgres://someone:zebrazulu@127.0.0.1:1/nowhere',
    // Not escaped, so that a part of it looks like a host, a port or a database.
    'postgres://someone:12/zebrazulu@127.0.0.1:1/nowhere',
    'postgres://someone:12?zebrazulu@127.0.0.1:1/nowhere',
    'postgres://someone:zebra/zulu@127.0.0.1:1/nowhere',
    // As libpq takes it, and the driver does not: it would look for a host named base.
    'host=127.0.0.1 port=1 password=zebra dbname=zulu',
  ])('says nothing of the password: %s', async (connectionString) => {
    const failure: unknown = await (async () => {
      const store = createPostgresStore({ connectionString, maxReconnects: 0 })
      await store.commit([startOf('order-1')])
    })().catch((error: unknown) => error)

    expect(failure).toMatchObject({ plugin: 'postgres', hint: expect.any(String) })
    expect(inspect(failure)).not.toMatch(/zebra|zulu/)
    expect(JSON.stringify(failure)).not.toContain(':12')
  })
})

/** The next commit reaches the server; its answer does not come back. */
function dropOneAnswer(pool: pg.Pool, code?: string): void {
  const connect = pool.connect.bind(pool) as () => Promise<pg.PoolClient>
  pool.connect = (async () => {
    pool.connect = connect
    const client = await connect()
    const query = client.query.bind(client) as unknown as (config: object) => Promise<unknown>
    client.query = (async (config: object) => {
      await query(config)
      throw Object.assign(new Error('Connection terminated unexpectedly'), code && { code })
    }) as unknown as typeof client.query
    return client
  }) as typeof pool.connect
}

describe('a stop', () => {
  test('that was acknowledged is seen by every later commit, however many are under way', async () => {
    const schema = server.schema()
    const [store, other] = [await open({ schema }), await open({ schema })]
    const scopes = stopScopes('acme', 'order', 'any', 'tester')
    let acknowledged = false
    const late: string[] = []
    const callers = Array.from({ length: 24 }, async (_, index) => {
      const start = startOf(`order-${index}`)
      let { instance } = start
      await store.commit([start])
      for (;;) {
        const wasStopped = acknowledged
        const plan = nextPlan(instance, [{}], { scopes })
        const [result] = await store.commit([plan])
        if (result?.kind === 'refused') return result
        if (wasStopped) late.push(instance.runId)
        instance = plan.instance
      }
    })

    const setting = await other.commit([stopPlan()])
    acknowledged = true

    expect(setting).toEqual([{ kind: 'committed' }])
    for (const result of await Promise.all(callers)) {
      expect(result).toEqual({ kind: 'refused', reason: 'stopped', detail: 'tenant:acme' })
    }
    expect(late).toEqual([])
  })

  test('waits for a commit that began without it', async () => {
    const schema = server.schema()
    const store = await open({ schema })
    const start = startOf('order-1')
    await store.commit([start])
    const session = await sessionOf()
    const { statement, values } = createPlainCommits(schema, false)(nextPlan(start.instance))
    await session.query('BEGIN')
    expect(await session.query(statement.text, [...values])).toMatchObject({ rowCount: 1 })

    const setting = store.commit([stopPlan()])
    await untilSomebodyWaitsAt(`${schema}.stop_gate`)
    expect(await store.stops()).toEqual([])
    await session.query('COMMIT')

    expect(await setting).toEqual([{ kind: 'committed' }])
    expect(await store.getRun('acme', start.instance.runId)).toMatchObject({ version: 2 })
  })

  test('that is being set is seen by a commit that comes meanwhile', async () => {
    const schema = server.schema()
    const store = await open({ schema })
    const start = startOf('order-1')
    await store.commit([start])
    const session = await sessionOf()
    await session.query(
      `BEGIN; INSERT INTO ${schema}.stop VALUES ('tenant:acme', 'drill', 'ann', 1)`,
    )

    const moving = store.commit([nextPlan(start.instance, [{}], { scopes: ['tenant:acme'] })])
    await untilSomebodyWaitsAt(`${schema}.stop_gate`)
    await session.query('COMMIT')

    expect(await moving).toEqual([{ kind: 'refused', reason: 'stopped', detail: 'tenant:acme' }])
  })
})

function stopPlan(): CommitPlan {
  const set = [{ scope: 'tenant:acme', reason: 'drill', by: 'human:ann', at: 1 }]
  return { ...startOf('switch'), stops: { set } }
}

async function sessionOf(): Promise<pg.Client> {
  const session = new pg.Client({ connectionString: server.url })
  await session.connect()
  onTestFinished(() => session.end())
  return session
}

async function untilSomebodyWaitsAt(table: string): Promise<void> {
  const waits = `SELECT FROM pg_locks WHERE NOT granted AND relation = $1::regclass`
  while ((await admin.query(waits, [table])).rowCount === 0);
}

describe('two processes', () => {
  test('that claim at once get each item once, and in order within a lane', async () => {
    const schema = server.schema()
    const stores = [await open({ schema }), await open({ schema })]
    const plans = Array.from({ length: 60 }, (_, index) => {
      const plan = startOf(`order-${index}`)
      const items = [1, 2, 3].map((seq) =>
        outboxItem(plan.instance, { id: `item-${index}-${seq}`, seq }),
      )
      return { ...plan, outbox: items }
    })
    await stores[0]?.commit(plans)
    const delivered: string[] = []

    await Promise.all(
      stores.flatMap((store, which) =>
        [1, 2, 3].map(async (worker) => {
          while ((await store.nextDueAt()) !== null) {
            const claims = await store.claim({
              worker: `${which}-${worker}`,
              now: 2e12,
              leaseMs: 1e6,
              limit: 7,
            })
            delivered.push(...claims.map(({ id }) => id))
            const outcome = { kind: 'done' } as const
            const held = await store.settle(claims.map(({ id, fence }) => ({ id, fence, outcome })))
            expect(held).not.toContain(false)
            if (claims.length === 0 && delivered.length >= 180) return
          }
        }),
      ),
    )

    expect(delivered).toHaveLength(180)
    expect(new Set(delivered)).toHaveLength(180)
    for (let index = 0; index < 60; index += 1) {
      const lane = delivered.filter((id) => id.startsWith(`item-${index}-`))
      expect(lane).toEqual([1, 2, 3].map((seq) => `item-${index}-${seq}`))
    }
  })

  test('never overrun a limit that they share', async () => {
    const schema = server.schema()
    const stores = [await open({ schema }), await open({ schema })]
    const reservations = [{ key: 'budget', bucket: 0, amount: 2.5, limit: 50 }]
    const plans = Array.from({ length: 60 }, (_, index) => ({
      ...startOf(`order-${index}`),
      reservations,
    }))

    const answers = await Promise.all(
      plans.map((plan, index) => stores[index % 2]?.commit([plan]) ?? Promise.resolve([])),
    )

    const kinds = answers.flat().map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'committed')).toHaveLength(20)
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(40)
    expect(await stores[0]?.counter('acme', 'budget', 0)).toBe(50)
  })

  test('that race for one business key make one run', async () => {
    const schema = server.schema()
    const stores = [await open({ schema }), await open({ schema })]
    const plans = Array.from({ length: 40 }, (_, index) =>
      startPlan({ aggregateId: `order-${index % 4}`, runId: `run-${index}` }),
    )

    const answers = await Promise.all(
      plans.map((plan, index) => stores[index % 2]?.commit([plan]) ?? Promise.resolve([])),
    )

    const kinds = answers.flat().map(({ kind }) => kind)
    expect(kinds.filter((kind) => kind === 'committed')).toHaveLength(4)
    expect(kinds.filter((kind) => kind === 'conflict')).toHaveLength(36)
  })
})
