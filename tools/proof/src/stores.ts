import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { LoopStore } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createMemoryStore } from '@loop-engine/sdk'
import { startPostgres } from '@loop-engine/testing'
import { Client } from 'pg'

/**
 * A kind of store for the proofs. `create` returns an empty one
 * that declares the durability `power`, so that records are equal.
 */
export interface StoreKind {
  readonly name: 'memory' | 'sqlite' | 'postgres'
  create(): Promise<LoopStore>
  /** Removes what `create` left behind. */
  end(): Promise<void>
}

export function storeKinds(): readonly StoreKind[] {
  return [memory(), sqlite(), postgres()]
}

function memory(): StoreKind {
  return {
    name: 'memory',
    create: async () => createMemoryStore({ durability: 'power' }),
    end: async () => {},
  }
}

function sqlite(): StoreKind {
  const folder = mkdtempSync(join(tmpdir(), 'loop-proof-'))
  const open: LoopStore[] = []
  let files = 0
  return {
    name: 'sqlite',
    async create() {
      const store = createSqliteStore({ path: join(folder, `${++files}.db`) })
      await store.open()
      open.push(store)
      return store
    },
    async end() {
      await Promise.all(open.map((store) => store.close()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Uses one schema, emptied for each store, because creating a schema takes longer than most proofs. */
function postgres(): StoreKind {
  let ready:
    | Promise<{
        readonly client: Client
        readonly connectionString: string
        readonly schema: string
      }>
    | undefined
  const open: LoopStore[] = []
  return {
    name: 'postgres',
    async create() {
      ready ??= connect()
      const { client, connectionString, schema } = await ready
      if (open.length > 0) await empty(client, schema)
      await Promise.all(open.splice(0).map((store) => store.close()))
      const store = createPostgresStore({ connectionString, schema })
      await store.open()
      open.push(store)
      return store
    },
    async end() {
      await Promise.all(open.map((store) => store.close()))
      await (await ready)?.client.end()
    },
  }
}

async function connect(): Promise<{ client: Client; connectionString: string; schema: string }> {
  const server = await startPostgres()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  return { client, connectionString: server.url, schema: server.schema() }
}

async function empty(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = $1 AND tablename NOT LIKE '%migration%'",
    [schema],
  )
  await client.query(`TRUNCATE ${rows.map(({ name }) => name).join(', ')}`)
}
