import { afterAll, beforeAll, expect, test } from 'vitest'

import { createTestServer, type Reply, type TestServer } from './server.fixture.ts'

let server: TestServer
let key: string
beforeAll(async () => {
  server = await createTestServer()
  key = server.key()
})
afterAll(() => server.close())

const start = (aggregateId: string, headers: Record<string, string> = {}): Promise<Reply> =>
  server.start(aggregateId, key, { headers })
const note = (aggregateId: string, headers: Record<string, string>, amount = 1): Promise<Reply> =>
  server.call('POST', `/api/v1/instances/${aggregateId}/transitions`, {
    key,
    headers,
    body: { signal: 'note', evidence: { amount } },
  })

test('the same key and request get the same answer, across a restart, and nothing happens twice', async () => {
  await start('again')
  const headers = { 'idempotency-key': 'note-1' }

  const replies = await Promise.all(Array.from({ length: 8 }, () => note('again', headers)))
  await server.restart()
  const late = await note('again', headers)

  expect(new Set([...replies, late].map(({ status }) => status))).toEqual(new Set([200]))
  expect(new Set([...replies, late].map(({ body }) => body.receipt.entry)).size).toBe(1)
  expect(late.body.replayed).toBe(true)
  expect((await server.call('GET', '/api/v1/instances/again', { key })).body.version).toBe(2)
})

test('the same key for another request is refused', async () => {
  const headers = { 'idempotency-key': 'note-1' }

  expect(await note('again', headers, 2)).toMatchObject({
    status: 422,
    body: { code: 'key_mismatch' },
  })
})

test('the same key of another principal or tenant is another key', async () => {
  await start('apart')
  const other = server.key('acme')
  await server.start('apart', other)
  const headers = { 'idempotency-key': 'shared' }
  const mine = await note('apart', headers)
  const theirs = await server.call('POST', '/api/v1/instances/apart/transitions', {
    key: other,
    headers,
    body: { signal: 'note', evidence: { amount: 9 } },
  })

  expect(theirs.status).toBe(200)
  expect(theirs.body.runId).not.toBe(mine.body.runId)
})

test('a start can be repeated with its key, and conflicts without one', async () => {
  const headers = { 'idempotency-key': 'start-1' }
  const [first, second] = [await start('once', headers), await start('once', headers)]

  expect(second.body.runId).toBe(first.body.runId)
  expect(await start('once')).toMatchObject({ status: 409 })
})

test('an operation that does not honour Idempotency-Key refuses it', async () => {
  const reply = await server.call('POST', '/api/v1/instances/once/suspend', {
    key,
    headers: { 'idempotency-key': 'x' },
    body: { reason: 'r' },
  })

  expect(reply).toMatchObject({ status: 400, body: { code: 'unsupported' } })
})

test('an operation that does not honour If-Match refuses it', async () => {
  const { headers } = await start('unmatched')
  const tag = headers.get('etag') ?? ''
  const reply = await start('another', { 'if-match': tag })

  expect(reply).toMatchObject({ status: 400, body: { code: 'unsupported' } })
  expect(await server.call('GET', '/api/v1/instances/another', { key })).toMatchObject({
    status: 404,
  })
  expect(await start('any', { 'if-match': '*' })).toMatchObject({ status: 201 })
})

test('of several callers with the same If-Match exactly one succeeds', async () => {
  const { headers } = await start('match')
  const tag = headers.get('etag') ?? ''

  const replies = await Promise.all(
    Array.from({ length: 8 }, () => note('match', { 'if-match': tag })),
  )
  const passed = replies.filter(({ status }) => status === 200)
  const moved = replies.filter(({ status }) => status === 412)

  expect([passed.length, moved.length]).toEqual([1, 7])
  expect(moved[0]?.body).toMatchObject({ code: 'precondition_failed', reason: 'moved' })
  const { body } = await server.call('GET', '/api/v1/instances/match', { key })
  expect(body.version).toBe(2)
  for (const change of ['suspend', 'cancel'])
    expect(
      await server.call('POST', `/api/v1/instances/match/${change}`, {
        key,
        headers: { 'if-match': tag },
        body: { reason: 'r' },
      }),
    ).toMatchObject({ status: 412 })
  expect(await note('match', { 'if-match': '"nonsense"' })).toMatchObject({ status: 412 })
})

test('a repetition with its key is answered although the run has changed since', async () => {
  const { headers } = await start('both')
  const asked = { 'if-match': headers.get('etag') ?? '', 'idempotency-key': 'both-1' }
  const [first, second] = [await note('both', asked), await note('both', asked)]

  expect([first.status, second.status]).toEqual([200, 200])
  expect(second.body.receipt).toEqual(first.body.receipt)
})

test('a run that has not changed is not sent again', async () => {
  const { headers, body } = await start('etag')
  const asked = { key, headers: { 'if-none-match': headers.get('etag') ?? '' } }
  const places = ['/api/v1/instances/etag', `/api/v1/runs/${body.runId}`]

  for (const place of places)
    expect(await server.call('GET', place, asked)).toMatchObject({ status: 304, text: '' })
  await note('etag', {})
  for (const place of places) expect((await server.call('GET', place, asked)).status).toBe(200)
})

test('the trace of a request is recorded and continued in the answer', async () => {
  await start('trace')
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const { headers } = await note('trace', { traceparent })
  const { body } = await server.call('GET', '/api/v1/instances/trace/history', { key })
  const made = await note('trace', { traceparent: 'nonsense' })

  expect(body.items[1].entry.traceparent).toBe(traceparent)
  expect(headers.get('traceparent')).toMatch(
    /^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad)[0-9a-f]{16}-01$/,
  )
  expect(made.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
})

test('a body that parsers could read differently is refused', async () => {
  const bodies = [
    '{"loopId":"refund","aggregateId":"x","aggregateId":"y"}',
    '{"loopId":"refund","aggregateId":"x","metadata":{"n":9007199254740993}}',
    '{"loopId":"refund","aggregateId":"x","metadata":{"__proto__":{}}}',
    '{"loopId":"refund","aggregateId":"\\ud800"}',
    '{"loopId":"refund","aggregateId":"x","extra":1}',
    '[]',
    '',
  ]
  for (const body of bodies)
    expect((await server.call('POST', '/api/v1/instances', { key, body })).status).toBe(400)
  const form = await server.call('POST', '/api/v1/instances', {
    key,
    headers: { 'content-type': 'text/plain' },
    body: '{"loopId":"refund","aggregateId":"x"}',
  })

  expect(form).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
  expect((await server.call('GET', '/api/v1/instances/x', { key })).status).toBe(404)
})
