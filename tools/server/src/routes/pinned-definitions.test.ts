import { createMemoryStore } from '@loop-engine/sdk'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestServer, refund, type TestServer } from '../server.fixture.ts'

let before: TestServer
let server: TestServer
beforeAll(async () => {
  const store = createMemoryStore()
  before = await createTestServer({ store })
  server = await createTestServer({ store, loops: [{ ...refund, version: '2.0.0' }] })
})
afterAll(async () => {
  await before.close()
  await server.close()
})

test('the definition that a run is pinned to can be read, although another one is served', async () => {
  const started = await before.start('pinned-1', before.key())
  const key = server.key()
  const { digest } = started.body.definition

  const pinned = await server.call('GET', `/api/v1/definitions/pinned/${digest}`, { key })
  const again = await server.call('GET', `/api/v1/definitions/pinned/${digest}`, { key })

  expect(pinned.body).toMatchObject({ digest, definition: { id: 'refund', version: '1.0.0' } })
  expect(again.body).toEqual(pinned.body)
})

test('an unknown digest is not found, and a malformed one is refused', async () => {
  const key = server.key()
  const ask = async (digest: string): Promise<number> =>
    (await server.call('GET', `/api/v1/definitions/pinned/${digest}`, { key })).status

  expect(await ask('0'.repeat(64))).toBe(404)
  expect(await ask('nonsense')).toBe(400)
})
