import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { afterEach, expect, test } from 'vitest'

import { createHurriedClock } from '../hurried-clock.fixture.ts'
import { bank, createTestServer, refund, type TestServer } from '../server.fixture.ts'
import { listen, type Ear, type Heard } from './ear.fixture.ts'

let server: TestServer
afterEach(() => server.close())

const hear = (key: string, asked?: Parameters<typeof listen>[2]): Promise<Ear> =>
  listen(server.url, key, asked)

async function start(key: string, ...ids: readonly string[]): Promise<void> {
  for (const aggregateId of ids) await server.start(aggregateId, key)
}

test('events arrive as they are committed', async () => {
  server = await createTestServer()
  const key = server.key()
  await start(key, 'before')
  const ear = await hear(key)
  const heard = ear.until((events) => events.length === 2)
  await start(key, 'one', 'two')

  expect((await heard).map(({ event }) => [event.subject, event.type])).toEqual([
    ['one', 'dev.loop-engine.loop.started.v1'],
    ['two', 'dev.loop-engine.loop.started.v1'],
  ])
  await ear.leave()
})

test('a reader that reconnects misses nothing and gets nothing twice, even after a restart of the server', async () => {
  server = await createTestServer()
  const key = server.key()
  const ids = (from: number): string[] =>
    Array.from({ length: 30 }, (_, index) => `run-${from + index}`)
  const all: Heard[] = []
  let last = '0'
  for (let round = 0; round < 4; round++) {
    const writing = start(key, ...ids(round * 30))
    const ear = await hear(key, { lastEventId: last })
    const wanted = 7 + round * 11
    const heard = await ear.until((events) => events.length >= wanted)
    await ear.leave()
    // The reader leaves in the middle of a page.
    const taken = heard.slice(0, wanted)
    all.push(...taken)
    last = taken.at(-1)?.id ?? last
    await writing
    if (round % 2 === 0) await server.restart()
    await start(key, `between-${round}`)
  }
  const ear = await hear(key, { lastEventId: last })
  all.push(...(await ear.until((events) => all.length + events.length >= 124)))
  await ear.leave()

  expect(all.length).toBe(124)
  expect(new Set(all.map(({ event }) => event.id)).size).toBe(124)
  const recorded = await server.store.find({ tenant: 'default', limit: 1000 })
  expect(new Set(all.map(({ event }) => event.subject))).toEqual(
    new Set(recorded.items.map(({ aggregateId }) => aggregateId)),
  )
})

test('a reader can continue between the events of one entry', async () => {
  server = await createTestServer()
  const key = server.key()
  await start(key, 'one')
  await server.call('POST', '/api/v1/instances/one/transitions', {
    key,
    body: { transition: 'pay', evidence: { amount: 5000 } },
  })
  const whole = await hear(key, { lastEventId: '0' })
  const [, blocked, guard] = await whole.until((events) => events.length === 3)
  await whole.leave()
  const again = await hear(key, { lastEventId: blocked?.id })
  const [next] = await again.until((events) => events.length > 0)
  await again.leave()

  expect([blocked?.event.type, guard?.event.type]).toEqual([
    'dev.loop-engine.loop.transition.blocked.v1',
    'dev.loop-engine.loop.guard.failed.v1',
  ])
  expect(next).toEqual(guard)
})

test('events that another process commits arrive too', async () => {
  server = await createTestServer()
  const key = server.key()
  const ear = await hear(key)
  const heard = ear.until((events) => events.length === 1)
  const store = createSqliteStore({ path: `${server.folder}/loop.db` })
  const other = await createLoopSystem({
    loops: [refund],
    integrations: [bank],
    store,
    relay: false,
  })
  await other.engine.start({
    loopId: 'refund',
    aggregateId: 'elsewhere',
    actor: { type: 'system', id: 's' },
  })
  await other.close()

  expect((await heard)[0]?.event.subject).toBe('elsewhere')
  await ear.leave()
})

test('a reader whose filter matches nothing still moves on in the stream', async () => {
  server = await createTestServer()
  const key = server.key()
  await start(key, 'mine', ...Array.from({ length: 120 }, (_, index) => `other-${index}`))
  const ear = await hear(key, { query: '?aggregateId=mine&last=100000&type=loop.started' })
  const heard = await ear.until((events) => events.length === 1)
  await ear.leave()
  const response = await fetch(`${server.url}/api/v1/events?aggregateId=none&last=100000`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  while (!text.includes('id: 100\n\n')) text += (await reader?.read())?.value ?? ''
  await reader?.cancel()

  expect(heard.map(({ event }) => event.subject)).toEqual(['mine'])
  expect(text).not.toContain('data:')
})

test('a place that does not come from this stream is refused', async () => {
  server = await createTestServer()
  const key = server.key()
  await start(key, 'one')
  // The log ends behind place 0. No event was ever sent with place 1.
  for (const place of ['999999', '1.2.3', 'x', '-1', '1.', '1.0'])
    expect((await hear(key, { lastEventId: place })).status).toBe(400)
})

test('a stream ends when its credential is revoked or expires', async () => {
  server = await createTestServer({ stream: { heartbeatMs: 20 } })
  const { key, secret } = server.server.keys.create({
    tenant: 'default',
    name: 'k',
    actor: { type: 'automation', id: 'bot' },
    scopes: ['read'],
    createdBy: 'test',
  })
  const ear = await hear(secret)
  server.server.keys.revoke('default', key.id)

  expect(await ear.rest()).toMatch(/^retry: 2000\nid: 0\n\n(:\n\n)*$/)
  expect((await hear(secret)).status).toBe(401)
})

test('a reader who does not read is dropped and holds up nobody', async () => {
  const clock = createHurriedClock()
  server = await createTestServer({ clock, stream: { perCredential: 1 } })
  const [key, other] = [server.key(), server.key()]
  // More than fits into the buffers at both ends of the connection.
  const metadata = { blob: 'x'.repeat(200_000) }
  for (let index = 0; index < 80; index++) await server.start(`big-${index}`, key, { metadata })
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1')
  const heardOf = once(socket, 'data')
  socket.write(
    `GET /api/v1/events?last=1000 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n\r\n`,
  )
  await heardOf
  socket.pause()
  const ear = await hear(other, { query: '?last=1000' })
  const heard = await ear.until((events) => events.length === 80)
  await ear.leave()
  let status = 429
  while (status === 429) {
    clock.hurry()
    const again = await hear(key)
    status = again.status
    await again.leave()
  }

  // After the content of the buffers nothing follows, because the connection was cut.
  const gone = new Promise((resolve) => socket.on('close', resolve).on('error', resolve))
  socket.resume()
  await gone
  expect([heard.length, status]).toEqual([80, 200])
})

test('a credential can open a limited number of streams, and closing one makes room', async () => {
  server = await createTestServer({ stream: { perCredential: 2 } })
  const key = server.key()
  for (let turn = 0; turn < 3; turn++) await server.call('HEAD', '/api/v1/events', { key })
  const [one, two] = [await hear(key), await hear(key)]

  expect(await server.call('GET', '/api/v1/events', { key })).toMatchObject({
    status: 429,
    body: { code: 'rate_limited', retryable: true },
  })
  await one.leave()
  let status = 429
  while (status === 429) {
    const ear = await hear(key)
    status = ear.status
    await ear.leave()
  }
  expect(status).toBe(200)
  await two.leave()
})

test('a stream that opens after the deadline of its request does not count', async () => {
  const store = createMemoryStore()
  const clock = createHurriedClock()
  let gate: Promise<void> | undefined
  server = await createTestServer({
    store: {
      ...store,
      async logHead(tenant) {
        await gate
        return store.logHead(tenant)
      },
    },
    clock,
    stream: { perCredential: 1 },
  })
  const key = server.key()
  const opened = Promise.withResolvers<void>()
  gate = opened.promise
  let isAnswered = false
  const asked = hear(key).finally(() => (isAnswered = true))
  while (!isAnswered) {
    clock.hurry()
    await nextTurn()
  }
  const late = await asked
  gate = undefined
  opened.resolve()
  const again = await hear(key)

  expect([late.status, again.status]).toEqual([504, 200])
  await again.leave()
})
