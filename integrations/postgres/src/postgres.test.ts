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

test.each([
  ['no options', undefined, ''],
  ['no database', {}, '/connectionString'],
  ['an empty address', { connectionString: '' }, '/connectionString'],
  ['a misspelt address', { conectionString: 'postgres://localhost/loops' }, '/conectionString'],
  ['a misspelt switch', { connectionString: 'x', rowLevelSecurty: true }, '/rowLevelSecurty'],
])('%s is refused: the driver would find a database by itself', (_, given, path) => {
  const options = given as unknown as Parameters<typeof createPostgresStore>[0]
  const refused = expect.objectContaining({ code: 'invalid_config', path })
  expect(() => createPostgresStore(options)).toThrow(refused)
})

test.each([
  ['mustExist', 'true'],
  ['allowAsyncCommit', 'false'],
  ['rowLevelSecurity', 1],
  ['connections', 0],
  ['connections', 1.5],
  ['maxBatch', 2.5],
  ['maxBatch', Number.NaN],
  ['maxReconnects', '8'],
  ['listen', true],
  ['clock', 1000],
  ['pool', 'postgres://localhost/loops'],
  ['pool', {}],
  ['schema', 'Loops'],
])('%s as %j is refused: it would be read as something else, or never commit', (key, value) => {
  const refused = expect.objectContaining({ code: 'invalid_config', path: `/${key}` })
  const connectionString = 'postgres://localhost/loops'
  expect(() => createPostgresStore({ connectionString, [key]: value })).toThrow(refused)
})
