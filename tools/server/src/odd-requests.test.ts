import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestServer, type Asked, type TestServer } from './server.fixture.ts'

let server: TestServer
beforeAll(async () => {
  server = await createTestServer({ sessionTtlMs: 300, stream: { heartbeatMs: 20 } })
})
afterAll(() => server.close())

test.each<[string, Partial<Asked>, string, number, string]>([
  [
    'a credential of another kind',
    { key: undefined, headers: { authorization: 'Basic YTpi' } },
    '',
    401,
    'auth',
  ],
  ['a parameter that comes twice', {}, '?limit=1&limit=2', 400, 'invalid_input'],
])('%s is refused', async (_, asked, query, status, code) => {
  const reply = await server.call('GET', `/api/v1/instances${query}`, {
    key: server.key(),
    ...asked,
  })

  expect(reply).toMatchObject({ status, body: { code } })
})

test('a key for repetitions that no record could hold is refused', async () => {
  const headers = { 'idempotency-key': 'x'.repeat(257) }

  const reply = await server.start('odd-1', server.key(), { headers })

  expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_input' } })
})

test('a body that is not UTF-8 is refused', async () => {
  const response = await fetch(`${server.url}/api/v1/instances`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key()}`, 'content-type': 'application/json' },
    body: new Uint8Array([0x22, 0xff, 0x22]),
  })

  expect(response.status).toBe(400)
  expect(await response.json()).toMatchObject({ code: 'invalid_json' })
})

test('a stream ends with the session that opened it', async () => {
  const cookie = await server.login('alice')

  // It is read to its end.
  const { status, text } = await server.call('GET', '/api/v1/events', { cookie })

  expect([status, text.slice(0, 6)]).toEqual([200, 'retry:'])
  expect(await server.call('GET', '/api/v1/session', { cookie })).toMatchObject({ status: 401 })
})
