import type { LoopStore } from '@loop-engine/core'
import { startPostgres, storeConformance } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createPostgresStore } from './postgres.ts'

const schemas = new WeakMap<LoopStore, string>()

async function storeOf(schema?: string): Promise<LoopStore> {
  const server = await startPostgres()
  const name = schema ?? server.schema()
  const store = createPostgresStore({ connectionString: server.url, schema: name })
  schemas.set(store, name)
  return store
}

storeConformance({
  name: 'postgres',
  create: () => storeOf(),
  reopen: (closed) => storeOf(schemas.get(closed)),
})

test('what is no plain name is refused as a schema', () => {
  const create = (): LoopStore => createPostgresStore({ connectionString: 'x', schema: 'a"; DROP' })

  expect(create).toThrow(expect.objectContaining({ code: 'invalid_config' }))
})
