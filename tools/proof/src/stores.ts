import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { LoopStore } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createMemoryStore } from '@loop-engine/sdk'
import { startPostgres } from '@loop-engine/testing'

/** A kind of store that every proof runs on. `create` makes an empty one that says `power` of itself, so that records are equal. */
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
  return { name: 'memory', create: async () => createMemoryStore({ durability: 'power' }), end: async () => {} }
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

function postgres(): StoreKind {
  let server: ReturnType<typeof startPostgres> | undefined
  const open: LoopStore[] = []
  let schemas = 0
  return {
    name: 'postgres',
    async create() {
      server ??= startPostgres()
      const { url } = await server
      const store = createPostgresStore({ connectionString: url, schema: `proof_${process.pid}_${++schemas}` })
      await store.open()
      open.push(store)
      return store
    },
    async end() {
      await Promise.all(open.map((store) => store.close()))
      await (await server)?.stop()
    },
  }
}
