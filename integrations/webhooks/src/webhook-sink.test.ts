import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import {
  sinkConformance,
  sinkEvent,
  sinkJourneys,
  type SinkJourneyHarness,
} from '@loop-engine/testing'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { createWebhookSink, type WebhookSinkOptions } from './webhook-sink.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const older = `whsec_${Buffer.alloc(32, 8).toString('base64')}`

interface Delivery {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
let received: Delivery[] = []
const largestBytes = 8192
let answer: { status: number; headers?: Record<string, string> } | 'hang' = { status: 204 }
/** Answers that are held back while the receiver pauses. */
let held: (() => void)[] = []
let server: Server
let url: string

beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = Buffer.concat(parts).toString()
      const reply = (): void => {
        if (answer === 'hang') return void held.push(reply)
        const status = body.length > largestBytes ? 413 : answer.status
        if (status < 300) received.push({ headers: request.headers, body })
        response.writeHead(status, answer.headers).end('thanks')
      }
      reply()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
afterEach(() => {
  received = []
  answer = { status: 204 }
  held = []
})

const open = (options: Partial<WebhookSinkOptions> = {}) =>
  createWebhookSink({ url, secrets: [secret], allow: ['127.0.0.0/8'], ...options })
const context = { signal: new AbortController().signal }

const event = sinkEvent(1)

const harness: SinkJourneyHarness = {
  name: 'a webhook',
  create: () => open(),
  received: () => received.map(({ headers }) => String(headers['webhook-id'])),
  fail: () => {
    answer = { status: 503 }
  },
  recover() {
    answer = { status: 204 }
  },
  hold() {
    answer = 'hang'
  },
  release() {
    answer = { status: 204 }
    for (const reply of held.splice(0)) reply()
  },
  largestBytes,
  createSystem: (options) =>
    createLoopSystem(options as Parameters<typeof createLoopSystem>[0]) as never,
  createStore: () => createMemoryStore(),
}
sinkConformance(harness)
sinkJourneys(harness)

test('a refused event does not keep events that were published with it from the receiver', async () => {
  const ids = ['executed', 'warned', 'completed']
  const events = ids.map((id) => ({
    ...event,
    id,
    data: id === 'warned' ? { text: 'x'.repeat(largestBytes) } : event.data,
  }))

  await expect(open().publish(events, context)).rejects.toMatchObject({ code: 'refused' })

  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(['executed', 'completed'])
})

test('a receiver verifies an event with the reference library', async () => {
  await open().publish([event], context)

  const [delivery] = received
  expect(new Webhook(secret).verify(delivery?.body ?? '', delivery?.headers as never)).toEqual(
    event,
  )
  expect(delivery?.headers).toMatchObject({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    traceparent: event.traceparent,
  })
})

test('while secrets are rotated, both the old and the new one verify', async () => {
  await open({ secrets: [secret, older] }).publish([event], context)

  const [delivery] = received
  for (const known of [secret, older])
    expect(new Webhook(known).verify(delivery?.body ?? '', delivery?.headers as never)).toEqual(
      event,
    )
  expect(() =>
    new Webhook(`whsec_${Buffer.alloc(32, 9).toString('base64')}`).verify(
      delivery?.body ?? '',
      delivery?.headers as never,
    ),
  ).toThrow(/signature/)
})

test.each([
  [500, true],
  [503, true],
  [408, true],
  [400, false],
  [401, false],
  [410, false],
  [301, false],
  [307, false],
])('the answer %i is an error that is retryable: %s', async (status, retryable) => {
  // A redirect to an internal metadata service is the classic attack.
  answer = { status, headers: { location: 'http://169.254.169.254/' } }

  await expect(open().publish([event], context)).rejects.toMatchObject({
    code: retryable ? 'unavailable' : 'refused',
    retryable,
    details: { status },
  })
})

test('the receiver’s retry-after is in the error', async () => {
  answer = { status: 429, headers: { 'retry-after': '7' } }

  await expect(open().publish([event], context)).rejects.toMatchObject({
    details: { retryAfterMs: 7000 },
  })
})

test('a receiver that never answers is unavailable, and so is one that cannot be reached', async () => {
  answer = 'hang'
  await expect(open({ timeoutMs: 30 }).publish([event], context)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  })

  await expect(
    open({ url: 'http://127.0.0.1:1/' }).publish([event], context),
  ).rejects.toMatchObject({ code: 'unavailable' })
})

test('an abort ends a delivery', async () => {
  answer = 'hang'
  await expect(open().publish([event], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  })
})

test('nothing connects to a host name that resolves to an internal address', async () => {
  await expect(
    createWebhookSink({ url: 'https://localhost/', secrets: [secret] }).publish([event], context),
  ).rejects.toMatchObject({ code: 'invalid_config', path: '/url' })
})

test.each([[[]], [['']], [['whsec_!!!']], [[secret, 'whsec_c2hvcnQ=']]])(
  'the secrets %j are refused',
  (secrets) => {
    expect(() => open({ secrets })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/secrets' }),
    )
  },
)

test.each([0, -1, Number.NaN, Infinity, '1000'])('the time limit %j is refused', (timeoutMs) => {
  expect(() => open({ timeoutMs: timeoutMs as number })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' }),
  )
})

test('a misspelt option is refused', () => {
  expect(() => open({ timeout: 100 } as object)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeout' }),
  )
})
