import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

import { createMemoryStore, LoopError, type LoopStore } from '@loop-engine/sdk'
import { afterEach, expect, test } from 'vitest'

import { createLogger } from './log.ts'
import { createTestServer, type TestServer } from './server.fixture.ts'

let server: TestServer
afterEach(() => server.close())

function open(): Socket {
  return connect(Number(new URL(server.url).port), '127.0.0.1').setEncoding('utf8')
}

async function heardBy(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (more) => (text += more)).on('error', () => undefined)
  await once(socket, 'close')
  return text
}

test('a body that is too large is refused, with and without a Content-Length', async () => {
  server = await createTestServer({ maxBodyBytes: 10_000 })
  const key = server.key()
  const body = JSON.stringify({
    loopId: 'refund',
    aggregateId: 'big',
    metadata: { blob: 'x'.repeat(20_000) },
  })
  const said = await server.call('POST', '/api/v1/instances', { key, body })
  const socket = open()
  const heard = heardBy(socket)
  socket.write(
    `POST /api/v1/instances HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  )
  for (let chunk = 0; chunk < 12; chunk++) socket.write(`3e8\r\n${'x'.repeat(1000)}\r\n`)

  expect(said).toMatchObject({ status: 413, body: { code: 'too_large' } })
  expect(await heard).toMatch(/^HTTP\/1\.1 413 [^]*"code":"too_large"/)
  expect((await server.call('GET', '/api/v1/instances', { key })).body.items).toEqual([])
})

test('a connection that sends only a byte now and then is ended', async () => {
  server = await createTestServer({ timeouts: { headersMs: 200, requestMs: 300 } })
  const head = open()
  head.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-A')
  const body = open()
  body.write(
    `POST /api/v1/instances HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.key()}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
  )
  const [first, second] = await Promise.all([heardBy(head), heardBy(body)])

  expect([first, second].map((text) => text.split('\r\n')[0])).toEqual([
    'HTTP/1.1 408 Request Timeout',
    'HTTP/1.1 408 Request Timeout',
  ])
})

test('a caller beyond the rate limit is told when to come again, and other callers are not limited', async () => {
  server = await createTestServer({ rateLimit: { burst: 5, perSecond: 0.1 } })
  const [greedy, modest] = [server.key(), server.key()]
  const ask = (key: string): ReturnType<TestServer['call']> =>
    server.call('GET', '/api/v1/definitions', { key })
  const replies = await Promise.all(Array.from({ length: 8 }, () => ask(greedy)))

  expect(replies.filter(({ status }) => status === 200)).toHaveLength(5)
  const refused = replies.find(({ status }) => status === 429)
  expect(refused?.body).toMatchObject({ code: 'rate_limited', retryable: true })
  expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await ask(modest)).status).toBe(200)
})

test('the same id in another tenant has a limit of its own', async () => {
  server = await createTestServer({ rateLimit: { burst: 2, perSecond: 0.01 } })
  const [here, there] = [
    await server.login('alice', [], 'here'),
    await server.login('alice', [], 'there'),
  ]
  const ask = async (cookie: string): Promise<number> =>
    (await server.call('GET', '/api/v1/definitions', { cookie })).status

  expect([await ask(here), await ask(here), await ask(here)]).toEqual([200, 200, 429])
  expect(await ask(there)).toBe(200)
})

test('a caller who guesses credentials is slowed down, and a caller with a credential is not', async () => {
  server = await createTestServer({ strangerLimit: { burst: 3, perSecond: 0.01 } })
  const key = server.key()
  const guess = (): ReturnType<TestServer['call']> =>
    server.call('GET', '/api/v1/definitions', { key: 'lk_guess' })
  const statuses: number[] = []
  for (let turn = 0; turn < 5; turn++) statuses.push((await guess()).status)

  expect(statuses).toEqual([401, 401, 401, 429, 429])
  expect((await server.call('GET', '/api/v1/definitions', { key })).status).toBe(200)
})

test('behind a proxy, guesses are counted by the address that the proxy saw', async () => {
  server = await createTestServer({
    trustedProxies: 1,
    strangerLimit: { burst: 1, perSecond: 0.01 },
  })
  const guess = async (forwarded: string): Promise<number> => {
    const headers = { 'x-forwarded-for': forwarded }
    return (await server.call('GET', '/api/v1/definitions', { headers })).status
  }

  expect([await guess('10.0.0.1'), await guess('10.0.0.1')]).toEqual([401, 429])
  // What the caller itself writes into the header is ignored.
  expect([await guess('10.0.0.9, 10.0.0.1'), await guess('10.0.0.2')]).toEqual([429, 401])
})

test('guessing login links is slowed down', async () => {
  server = await createTestServer({ strangerLimit: { burst: 3, perSecond: 0.01 } })
  const guess = (): ReturnType<TestServer['call']> =>
    server.call('POST', '/api/v1/session', {
      headers: { origin: server.url },
      body: { token: 'x'.repeat(43) },
    })
  const statuses: number[] = []
  for (let turn = 0; turn < 5; turn++) statuses.push((await guess()).status)

  expect(statuses).toEqual([401, 401, 401, 429, 429])
})

/** A store whose next commit waits until the test releases it. */
function gated(): { store: LoopStore; reached: Promise<void>; release(): void } {
  const store = createMemoryStore()
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  return {
    reached: reached.promise,
    release: () => gate.resolve(),
    store: {
      ...store,
      async commit(plans) {
        reached.resolve()
        await gate.promise
        return store.commit(plans)
      },
    },
  }
}

test('when the server goes down, requests in progress are finished and new ones are refused', async () => {
  const { store, reached, release } = gated()
  server = await createTestServer({ store })
  const key = server.key()
  const running = server.start('one', key)
  const stream = await fetch(`${server.url}/api/v1/events`, {
    headers: { authorization: `Bearer ${key}` },
  })
  await reached
  const closing = server.server.close({ drainMs: 10_000 })
  const late = fetch(`${server.url}/healthz`).then(
    () => 'answered',
    () => 'refused',
  )

  expect(await late).toBe('refused')
  expect(await stream.text()).toMatch(/^retry: 2000/)
  release()
  const { status, headers } = await running
  expect([status, headers.get('connection')]).toEqual([201, 'close'])
  await closing
})

test('when the server goes down, requests that take too long are ended', async () => {
  const { store, reached, release } = gated()
  server = await createTestServer({ store })
  const key = server.key()
  const running = server.start('one', key).catch(() => 'ended')
  await reached
  const closing = server.server.close({ drainMs: 20 })

  expect(await running).toBe('ended')
  release()
  await closing
})

test('a request that takes too long is answered with an unknown outcome', async () => {
  const { store, reached, release } = gated()
  server = await createTestServer({ store, requestTimeoutMs: 50 })
  const key = server.key()
  const reply = await server.start('one', key)
  await reached
  release()

  expect(reply).toMatchObject({ status: 504, body: { code: 'timeout', retryable: true } })
})

test('health and readiness are separate', async () => {
  const store = createMemoryStore()
  let away = false
  server = await createTestServer({
    store: {
      ...store,
      logHead: async (tenant) => {
        if (away) throw new Error('The database is away.')
        return store.logHead(tenant)
      },
    },
  })

  expect([
    (await server.call('GET', '/healthz')).status,
    (await server.call('GET', '/readyz')).status,
  ]).toEqual([200, 200])
  away = true
  expect([
    (await server.call('GET', '/healthz')).status,
    (await server.call('GET', '/readyz')).status,
  ]).toEqual([200, 503])
})

test.each(['', '%20', '%2010', '0x10', '%2B1', '1.5', 'true'])(
  'a number in the query cannot be written as %j',
  async (text) => {
    server = await createTestServer()
    const key = server.key()
    for (const query of ['limit', 'updatedFrom', 'updatedUntil'])
      expect(await server.call('GET', `/api/v1/instances?${query}=${text}`, { key })).toMatchObject(
        { status: 400, body: { code: 'invalid_input', path: `/${query}` } },
      )
    expect(await server.call('GET', `/api/v1/events?last=${text}`, { key })).toMatchObject({
      status: 400,
    })
    expect(await server.call('GET', '/api/v1/instances?limit=10', { key })).toMatchObject({
      status: 200,
    })
  },
)

test('pages of other origins can read nothing, and the security headers are strict', async () => {
  server = await createTestServer()
  const headers = { origin: 'https://evil.example.com' }
  const api = await server.call('GET', '/api/v1/definitions', { key: server.key(), headers })
  const asked = await server.call('OPTIONS', '/api/v1/instances', {
    headers: { ...headers, 'access-control-request-method': 'POST' },
  })
  const page = await server.call('GET', '/login')

  for (const reply of [api, asked, page]) {
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
    expect(reply.headers.get('x-content-type-options')).toBe('nosniff')
    expect(reply.headers.get('referrer-policy')).toBe('no-referrer')
  }
  expect(api.headers.get('content-security-policy')).toBe(
    "default-src 'none'; frame-ancestors 'none'",
  )
  expect(api.headers.get('cache-control')).toBe('no-store')
  expect(page.headers.get('content-security-policy')).toContain("script-src 'self';")
  expect(page.headers.get('content-security-policy')).not.toMatch(/unsafe|https?:|\*/)
})

test('an unknown path is answered with the same headers and is logged', async () => {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  server = await createTestServer({ logger: createLogger({ destination }) })
  const places = [
    ['GET', '/nothing'],
    ['POST', '/login'],
    ['GET', '/api/v1/nothing'],
  ] as const

  for (const [method, path] of places) {
    const { status, headers, body } = await server.call(method, path)
    expect([status, body.code]).toEqual([404, 'not_found'])
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('x-request-id')).toBe(body.requestId)
    expect(headers.get('traceparent')).toMatch(/^00-/)
    expect(lines.filter((line) => line.includes(body.requestId))).toHaveLength(1)
  }
})

test('an internal error is answered by its code only, and the log holds no secret', async () => {
  const lines: string[] = []
  const store = createMemoryStore()
  const secret = 'hunter2-do-not-tell'
  server = await createTestServer({
    logger: createLogger({
      level: 'debug',
      destination: { write: (line: string) => void lines.push(line) },
    }),
    store: {
      ...store,
      find: async () => {
        throw new Error(`could not connect with password ${secret}`)
      },
      getRun: async () => {
        throw new LoopError('corrupt', `The host ${secret} is rewritten.`, { hint: secret })
      },
    },
  })
  const key = server.key()
  const cookie = await server.login('alice')
  await server.call('POST', `/api/v1/instances?token=${secret}`, {
    key,
    headers: { 'x-api-key': secret },
    body: { loopId: 'refund', aggregateId: secret, metadata: { secret } },
  })
  await server.start(secret, key)
  await server.call('GET', `/api/v1/instances/${secret}`, { cookie })
  await server.call('GET', `/${secret}`)
  const failed = await server.call('GET', '/api/v1/instances', { key })
  const corrupt = await server.call('GET', '/api/v1/runs/x', { key })
  const log = lines.filter((line) => !line.includes('is rewritten')).join('')

  expect(failed).toMatchObject({ status: 500, body: { code: 'internal' } })
  expect(corrupt).toMatchObject({ status: 500, body: { code: 'corrupt' } })
  expect(failed.text + corrupt.text).not.toContain(secret)
  expect(log).toContain(failed.body.requestId)
  expect(log).toContain('"route":"GET /api/v1/instances/{aggregateId}"')
  for (const hidden of [secret, key, cookie.split('=')[1] ?? '']) expect(log).not.toContain(hidden)
})
