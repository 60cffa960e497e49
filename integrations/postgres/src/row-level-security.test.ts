import type { LoopStore } from '@loop-engine/core'
import {
  outboxItem,
  approvalRequest,
  startPlan,
  startPostgres,
  storeConformance,
} from '@loop-engine/testing'
import pg from 'pg'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'

import { createPostgresStore, type PostgresStoreOptions } from './postgres.ts'
import { commitRun, logAll } from './retention.fixture.ts'

/** URLs of a role that owns its schemas and of one that only reads and writes them; neither is a superuser. */
const urls = { owner: '', guest: '' }
const names = { owner: '', guest: '' }
let admin: (text: string) => Promise<unknown>

beforeAll(async () => {
  const server = await startPostgres()
  const pool = new pg.Pool({ connectionString: server.url, max: 1 })
  admin = (text) => pool.query(text)
  for (const kind of ['owner', 'guest'] as const) {
    names[kind] = server.schema().replace('loop_test', kind)
    await admin(`CREATE ROLE ${names[kind]} LOGIN PASSWORD 'secret'`)
    const url = new URL(server.url)
    url.username = names[kind]
    url.password = 'secret'
    urls[kind] = url.href
  }
  const { rows } = await pool.query<{ name: string }>('SELECT current_database() AS name')
  await admin(`GRANT CREATE ON DATABASE ${rows[0]?.name} TO ${names.owner}`)
  return () => pool.end()
})

const schemas = new WeakMap<LoopStore, string>()
async function storeOf(options: Partial<PostgresStoreOptions> = {}): Promise<LoopStore> {
  const schema = options.schema ?? (await startPostgres()).schema()
  const store = createPostgresStore({
    connectionString: urls.owner,
    rowLevelSecurity: true,
    ...options,
    schema,
  })
  schemas.set(store, schema)
  return store
}

storeConformance({
  name: 'postgres with row-level security',
  create: () => storeOf(),
  reopen: (closed) => storeOf({ schema: schemas.get(closed) ?? '' }),
})

/** A session of somebody, who may have set a tenant. */
async function sessionOf(who: keyof typeof urls, tenant?: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: urls[who] })
  await client.connect()
  onTestFinished(() => client.end())
  if (tenant !== undefined)
    await client.query(`SELECT set_config('loop_engine.tenant', $1, false)`, [tenant])
  return client
}

/** Two tenants with a row in every table that knows tenants. */
async function twoTenants(): Promise<{ schema: string; tables: readonly string[] }> {
  const store = await storeOf()
  onTestFinished(() => store.close())
  await store.open()
  const schema = schemas.get(store) ?? ''
  for (const tenant of ['acme', 'other']) {
    await commitRun(store, 'old', { tenant })
    await logAll(store, tenant)
    await store.retention?.drop({ before: 2e12, tenant })
    const plan = startPlan({ tenant, aggregateId: 'new' })
    await store.commit([
      {
        ...plan,
        outbox: [outboxItem(plan.instance, { id: `${tenant}:1` })],
        approvals: [approvalRequest(plan.instance)],
        idempotency: { principal: 'human:ann', key: 'k', fingerprint: 'f', answer: '{}', at: 1 },
        reservations: [{ key: 'budget', bucket: 0, amount: 1, limit: 2 }],
        spend: { receipt: 'r', by: 'x' },
      },
    ])
  }
  await admin(`GRANT USAGE ON SCHEMA ${schema} TO ${names.guest};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${names.guest}`)
  const owner = await sessionOf('owner')
  const { rows } = await owner.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
    WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`,
    [schema],
  )
  return { schema, tables: rows.map(({ name }) => name) }
}

describe.each(['owner', 'guest'] as const)('a session of the %s', (who) => {
  test('sees, changes and deletes the rows of its tenant only, in every table', async () => {
    const { schema, tables } = await twoTenants()
    const session = await sessionOf(who, 'acme')

    expect(tables.length).toBeGreaterThanOrEqual(11)
    for (const table of tables) {
      const { rows } = await session.query(`SELECT DISTINCT tenant FROM ${schema}.${table}`)
      expect(rows, table).toEqual([{ tenant: 'acme' }])
      const changed = await session.query(
        `UPDATE ${schema}.${table} SET tenant = tenant WHERE tenant = 'other'`,
      )
      const deleted = await session.query(`DELETE FROM ${schema}.${table} WHERE tenant = 'other'`)
      expect([changed.rowCount, deleted.rowCount], table).toEqual([0, 0])
      const moving = session.query(`UPDATE ${schema}.${table} SET tenant = 'other'`)
      await expect(moving, table).rejects.toMatchObject({ code: '42501' })
    }
    const forging = session.query(`INSERT INTO ${schema}.spent VALUES ('other', 'forged', 'me')`)
    await expect(forging).rejects.toMatchObject({ code: '42501' })
  })

  test('without a tenant sees nothing, and never what belongs to all', async () => {
    const { schema, tables } = await twoTenants()
    const [blind, sighted] = [await sessionOf(who), await sessionOf(who, 'acme')]

    for (const table of [...tables, 'stop', 'definition']) {
      expect((await blind.query(`SELECT FROM ${schema}.${table}`)).rowCount, table).toBe(0)
    }
    for (const table of ['stop', 'definition', 'entry_default']) {
      expect((await sighted.query(`SELECT FROM ${schema}.${table}`)).rowCount, table).toBe(0)
    }
  })
})

describe('the setting of the engine', () => {
  test('is of no use to a role that does not own the tables', async () => {
    const { schema, tables } = await twoTenants()
    const session = await sessionOf('guest', '*')

    for (const table of tables) {
      expect((await session.query(`SELECT FROM ${schema}.${table}`)).rowCount, table).toBe(0)
    }
  })
})

test('a restrictive policy binds a role to a tenant, whatever it sets', async () => {
  const { schema } = await twoTenants()
  const owner = await sessionOf('owner', '*')
  await owner.query(`CREATE POLICY acme_only ON ${schema}.entry AS RESTRICTIVE TO ${names.guest}
    USING (tenant = 'acme')`)
  const [bound, straying] = [await sessionOf('guest', 'acme'), await sessionOf('guest', 'other')]

  expect((await bound.query(`SELECT FROM ${schema}.entry`)).rowCount).toBe(1)
  expect((await straying.query(`SELECT FROM ${schema}.entry`)).rowCount).toBe(0)
})

describe('opening', () => {
  test('secures partitions too, also those that are made later', async () => {
    const { schema } = await twoTenants()
    const owner = await sessionOf('owner', '*')
    const { rows } = await owner.query<{ name: string }>(
      `SELECT name FROM ${schema}.partitions_v3()`,
    )
    await owner.query(`DROP TABLE ${schema}.${rows.at(-1)?.name}`)
    const store = await storeOf({ schema })
    onTestFinished(() => store.close())
    await store.open()

    const open = await owner.query(
      `SELECT relname FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p')
      AND NOT (relrowsecurity AND relforcerowsecurity)`,
      [schema],
    )
    expect(open.rows).toEqual([{ relname: 'migration' }])
  })

  test('as one whom it does not bind, or who would be blind, is refused', async () => {
    const { schema } = await twoTenants()
    const server = await startPostgres()
    const pool = new pg.Pool({ connectionString: urls.owner })
    const refused = [
      await storeOf({ connectionString: server.url }),
      await storeOf({ schema, rowLevelSecurity: false }),
      await storeOf({ schema, pool }),
    ]

    for (const store of refused) {
      await expect(store.open()).rejects.toMatchObject({ code: 'invalid_config' })
      await store.close()
    }
    await pool.end()
  })

  test('as one whom it does not bind leaves nothing behind that the right one could not use', async () => {
    const { url } = await startPostgres()
    const unbound = await storeOf({ connectionString: url })
    await expect(unbound.open()).rejects.toMatchObject({ code: 'invalid_config' })
    await unbound.close()

    const store = await storeOf({ schema: schemas.get(unbound) ?? '' })
    onTestFinished(() => store.close())
    await store.open()
    expect(await store.get('acme', 'order-1')).toBeNull()
  })

  test('whose address has options of its own is told that they go first', async () => {
    const connectionString = `${urls.owner}?options=-c%20statement_timeout%3D5000`
    const store = await storeOf({ connectionString })
    onTestFinished(() => store.close())

    const hint: unknown = expect.stringContaining('`options` in the address')
    await expect(store.open()).rejects.toMatchObject({ code: 'invalid_config', hint })
  })
})
