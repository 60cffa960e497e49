import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

import { createTestClock } from '@loop-engine/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { createTestServer, type Reply, type TestServer } from './server.fixture.ts'

interface Told {
  readonly path: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const clock = createTestClock(1_800_000_000_000)

let answers: number[]
let told: Told[]
let receiver: Server
let origin: string
let server: TestServer
let key: string

beforeEach(async () => {
  answers = []
  told = []
  receiver = createServer((request, response) => {
    void text(request).then((body) => {
      told.push({ path: request.url ?? '', headers: request.headers, body })
      const status = answers.shift() ?? 200
      response.writeHead(status, status === 429 ? { 'retry-after': '1800' } : {}).end()
    })
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`
  server = await createTestServer({
    clock,
    callbacks: { origins: [origin], secrets: [secret], allow: ['127.0.0.0/8'] },
  })
  key = server.key()
})
afterEach(async () => {
  await server.close()
  receiver.close()
})

async function attempt(callbackUrl: string, at = server): Promise<Reply> {
  const own = at === server ? key : at.key()
  await at.start('order-1', own)
  return at.call('POST', '/api/v1/instances/order-1/transitions', {
    key: own,
    body: { transition: 'pay', evidence: { amount: 20 }, callbackUrl },
  })
}

async function reject(approvalId: string): Promise<void> {
  const path = `/api/v1/approvals/${approvalId}`
  const { body } = await server.call('GET', path, { key })
  const { revision, viewHash } = body
  const cookie = await server.login('alice', ['finance'])
  await server.call('POST', `${path}/decisions`, {
    cookie,
    body: { decision: 'reject', revision, viewHash },
  })
}

test('the receiver is called back once, when the request is closed', async () => {
  const { approvalId } = (await attempt(`${origin}/resume/1?signature=abc`)).body
  await server.server.system.relay.drain()
  expect(told).toEqual([])

  await reject(approvalId)
  await server.server.system.relay.drain()

  expect(told).toMatchObject([
    {
      path: '/resume/1?signature=abc',
      headers: { 'webhook-signature': expect.stringMatching(/^v1,/) as string },
    },
  ])
  expect(JSON.parse(told[0]?.body ?? '')).toMatchObject({
    type: 'dev.loop-engine.callback.v1',
    data: { requestId: approvalId, status: 'rejected', aggregateId: 'order-1' },
  })
})

test('the receiver is called back when a request expires', async () => {
  const { approvalId } = (await attempt(`${origin}/resume`)).body
  clock.advance(3 * 3_600_000)
  await server.server.system.relay.drain()

  expect(told.map(({ body }) => JSON.parse(body) as unknown)).toMatchObject([
    { data: { requestId: approvalId, status: 'expired' } },
  ])
})

test('the event is sent again, with the same id, until the receiver answers 2xx', async () => {
  answers = [409, 404]
  const { approvalId } = (await attempt(`${origin}/resume`)).body
  await reject(approvalId)
  for (let round = 0; round < 3; round++) {
    await server.server.system.relay.drain()
    clock.advance(3_600_000)
  }

  expect(told).toHaveLength(3)
  expect(new Set(told.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
})

test('the server observes the Retry-After of a receiver', async () => {
  answers = [429]
  const { approvalId } = (await attempt(`${origin}/resume`)).body
  await reject(approvalId)
  await server.server.system.relay.drain()
  for (let minute = 0; minute < 29; minute++) {
    clock.advance(60_000)
    await server.server.system.relay.drain()
  }
  expect(told).toHaveLength(1)

  clock.advance(60_000)
  await server.server.system.relay.drain()
  expect(told).toHaveLength(2)
})

test.each([
  'https://elsewhere.example.com/resume',
  'http://169.254.169.254/latest/meta-data',
  'http://user:pass@127.0.0.1/resume',
  'no url',
])('the callback URL %s is refused', async (url) => {
  const { status } = await attempt(url)

  expect(status).toBe(400)
  const { body } = await server.call('GET', '/api/v1/approvals', { key })
  expect(body.items).toEqual([])
})

test('the callback URL, which may hold a secret, is shown to nobody else', async () => {
  const { approvalId } = (await attempt(`${origin}/resume?signature=abc`)).body

  const { text: shown } = await server.call('GET', `/api/v1/approvals/${approvalId}`, { key })
  const { text: history } = await server.call('GET', '/api/v1/instances/order-1/history', { key })

  expect(shown + history).not.toContain('signature=abc')
})

test('a server without callbacks refuses a callback URL, so that nobody waits in vain', async () => {
  const other = await createTestServer()
  const { status, body } = await attempt(`${origin}/resume`, other)
  await other.close()

  expect([status, body.code]).toEqual([expect.any(Number), 'unsupported'])
  expect(status).toBeGreaterThanOrEqual(400)
})
