import { once } from 'node:events'
import { connect } from 'node:net'

import { systemClock } from '@loop-engine/core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { createLogger } from './log.ts'
import { createTestServer, type Asked, type TestServer } from './server.fixture.ts'

let server: TestServer
let aheadMs = 0
beforeAll(async () => {
  const clock = { ...systemClock, now: () => systemClock.now() + aheadMs }
  server = await createTestServer({ clock, sessionTtlMs: 60_000, stream: { heartbeatMs: 20 } })
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

test('an Idempotency-Key that the record cannot hold is refused', async () => {
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

test('a compressed body is refused and not read as something else', async () => {
  const asked = (encoding: string, id: string): ReturnType<TestServer['call']> =>
    server.start(id, server.key(), { headers: { 'content-encoding': encoding } })

  const refused = await asked('gzip', 'odd-2')

  expect(refused).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
  expect(refused.headers.get('accept-encoding')).toBe('identity')
  expect(await asked('identity', 'odd-3')).toMatchObject({ status: 201 })
})

test('the answer to an unknown method names those that exist', async () => {
  const reply = await server.call('PUT', '/api/v1/instances')

  expect(reply).toMatchObject({ status: 405, body: { code: 'method_not_allowed' } })
  expect(reply.headers.get('allow')).toBe('POST, GET, HEAD')
})

test.each([
  ['/api/v1/session', 'Content-Length: 100'],
  ['/api/v1/session', 'Transfer-Encoding: chunked'],
  ['/mcp', 'Content-Length: 100'],
  ['/mcp', 'Transfer-Encoding: chunked'],
])(
  'a caller of %s who leaves in the middle of a body (%s) is not logged as a failure of the server',
  async (path, length) => {
    const lines: string[] = []
    const logged = Promise.withResolvers<void>()
    const write = (line: string): void => {
      lines.push(line)
      if (line.includes('"msg":"request"')) logged.resolve()
    }
    const logger = createLogger({ destination: { write } })
    const left = await createTestServer({ logger, mcp: { startable: [] } })
    const socket = connect(Number(new URL(left.url).port), '127.0.0.1')
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: x',
      `Authorization: Bearer ${left.key()}`,
      `Origin: ${left.url}`,
      'Sec-Fetch-Site: same-origin',
      'Expect: 100-continue',
      length,
    ].join('\r\n')
    socket.write(`${head}\r\n\r\n`)
    await once(socket, 'data')
    socket.destroy()
    await logged.promise
    await left.close()

    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ status: 400, msg: 'request' }])
  },
)

test('a stream ends with the session that opened it', async () => {
  const cookie = await server.login('alice')

  const stream = await fetch(`${server.url}/api/v1/events`, { headers: { cookie } })
  aheadMs = 60_000

  expect([stream.status, (await stream.text()).slice(0, 6)]).toEqual([200, 'retry:'])
  expect(await server.call('GET', '/api/v1/session', { cookie })).toMatchObject({ status: 401 })
})
