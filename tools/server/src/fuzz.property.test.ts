import { connect } from 'node:net'

import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { routes } from './routes/routes.ts'
import { problemSchema } from './schemas/problem.ts'
import { createTestServer, type TestServer } from './server.fixture.ts'

let server: TestServer
let keys: readonly string[]
let cookie: string
beforeAll(async () => {
  server = await createTestServer()
  const key = server.key()
  keys = [key, server.key('default', 'ai-agent')]
  cookie = await server.login('alice', ['finance'])
  for (const id of ['a', 'b', 'c']) await server.waiting(id, key)
})
afterAll(() => server.close())

const odd = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 300 }),
  fc.constantFrom(
    'a',
    'b',
    '..',
    '.',
    '%',
    '%2e%2e',
    '__proto__',
    'constructor',
    '$control',
    '\u202e',
    '\u0000',
    "' OR 1=1 --",
    'é'.repeat(300),
    '-1',
    '1e309',
    'NaN',
    'null',
  ),
)
const value = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  fc.constantFrom(null, true, 0, -1, 1.5, '', 'a', [], {}, { a: 1 }, 'approve', 'note', 'pay'),
)
const names = [
  'loopId',
  'aggregateId',
  'metadata',
  'tags',
  'evidence',
  'transition',
  'signal',
  'attribution',
  'reason',
  'seq',
  'state',
  'decision',
  'revision',
  'viewHash',
  'edits',
  'response',
  'decisions',
  'to',
  'target',
  'name',
  'actor',
  'roles',
  'scopes',
  'token',
  'overlapSeconds',
]
const body = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .dictionary(fc.constantFrom(...names), value, { maxKeys: 6 })
      .map((one) => JSON.stringify(one)),
  },
  { weight: 1, arbitrary: value.map((one) => JSON.stringify(one)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 100 }) },
  fc.constantFrom(
    '{"a":1,"a":2}',
    '{"__proto__":{}}',
    '"\\ud800"',
    '['.repeat(5000),
    '{"n":1e400}',
    '\ufeff{}',
  ),
)
const latin = fc.string({
  unit: fc.integer({ min: 33, max: 126 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 80,
})
const headers = fc.dictionary(
  fc.constantFrom(
    'if-match',
    'if-none-match',
    'idempotency-key',
    'last-event-id',
    'traceparent',
    'content-type',
    'accept',
    'origin',
    'sec-fetch-site',
    'x-forwarded-for',
    'range',
    'content-encoding',
    'cookie',
    'x-http-method-override',
  ),
  fc.oneof(
    latin,
    fc.constantFrom(
      '*',
      '"x:1"',
      'W/"x:1"',
      'application/json',
      'text/plain',
      '0.0',
      '999999999999999.9',
      'gzip',
      'bytes=0-1',
    ),
  ),
  { maxKeys: 4 },
)

test('no request makes the server fail, and every answer is as documented', async () => {
  const seen = new Map<number, number>()
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...routes.map(({ id }) => id)),
      fc.constantFrom('GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'HEAD', ''),
      fc.array(odd, { minLength: 2, maxLength: 2 }),
      fc.dictionary(
        fc.constantFrom(
          'limit',
          'cursor',
          'status',
          'loopId',
          'runId',
          'last',
          'deep',
          'x',
          'updatedFrom',
          'lastEventId',
          'type',
        ),
        odd,
        { maxKeys: 3 },
      ),
      body,
      headers,
      fc.nat(3),
      async (routeId, other, [first = '', second = ''], query, sent, extra, who) => {
        const route = routes.find(({ id }) => id === routeId)
        if (!route) throw new Error('There is no such route.')
        const method = other === '' ? route.method.toUpperCase() : other
        let turn = 0
        const path = route.path.replaceAll(/\{\w+\}/g, () =>
          encodeURIComponent((turn++ === 0 ? first : second).toWellFormed()),
        )
        const search = new URLSearchParams(
          Object.fromEntries(
            Object.entries(query).map(([name, text]) => [name, text.toWellFormed()]),
          ),
        )
        const abort = new AbortController()
        const response = await fetch(`${server.url}/api/v1${path}?${search.toString()}`, {
          method,
          headers: {
            'content-type': 'application/json',
            ...(who < 2
              ? { authorization: `Bearer ${keys[who]}` }
              : who === 2
                ? { cookie, origin: server.url }
                : {}),
            ...extra,
          },
          ...(['GET', 'HEAD'].includes(method) ? {} : { body: sent }),
          redirect: 'manual',
          signal: abort.signal,
        })
        const { status } = response
        const type = response.headers.get('content-type') ?? ''
        if (type.startsWith('text/event-stream')) return abort.abort()
        const text = await response.text()
        seen.set(status, (seen.get(status) ?? 0) + 1)

        expect(status).toBeLessThan(500)
        expect(response.headers.get('x-content-type-options')).toBe('nosniff')
        const problem = status >= 400 && method !== 'HEAD'
        const schema = problem
          ? problemSchema
          : other === '' && status < 300
            ? route.answers[status]?.schema
            : undefined
        const wanted = problem ? 'application/problem+json; charset=utf-8' : type
        expect(type).toBe(wanted)
        expect(schema?.safeParse(JSON.parse(text)).error?.issues).toBeUndefined()
      },
    ),
    { numRuns: 3000, seed: 1 },
  )

  for (const status of [200, 400, 401, 404, 405]) expect([...seen.keys()]).toContain(status)
}, 120_000)

test('a body without the content type of JSON is refused', async () => {
  const { status } = await fetch(`${server.url}/api/v1/instances`, {
    method: 'POST',
    headers: { authorization: `Bearer ${keys[0]}`, 'content-type': 'text/plain' },
    body: '{}',
  })

  expect(status).toBe(415)
})

test('bytes that are not HTTP end only their own connection', async () => {
  const port = Number(new URL(server.url).port)
  const send = (bytes: Uint8Array | string): Promise<string> =>
    new Promise((resolve) => {
      let text = ''
      const socket = connect(port, '127.0.0.1', () => socket.end(bytes))
      socket.setEncoding('latin1').on('data', (more) => (text += more))
      socket.on('close', () => resolve(text)).on('error', () => resolve(text))
    })
  const head = 'GET /api/v1/instances HTTP/1.1\r\nHost: x\r\n'
  const cases = [
    `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${head}Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde`,
    `${head}X: ${'a'.repeat(20_000)}\r\n\r\n`,
    'GET http://evil.example.com/api/v1/instances HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET //evil.example.com/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /api/v1/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'TRACE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  ]
  for (const text of cases) expect((await send(text)).split('\r\n')[0]).not.toMatch(/ (2|5)\d\d /)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      expect((await send(bytes)).split('\r\n')[0]).not.toMatch(/ (2|5)\d\d /)
    }),
    { numRuns: 50, seed: 1 },
  )

  expect((await server.call('GET', '/healthz')).status).toBe(200)
})
