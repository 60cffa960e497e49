import { Agent } from 'node:https'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { connect, type ConnectionOptions } from 'node:tls'

import { afterAll, afterEach, describe, expect, test } from 'vitest'

import { routingKey, token } from '../fake-answers.fixture.ts'
import { startFakePagerDuty } from '../fake-pagerduty.fixture.ts'
import { createPagerDutyCalls } from './pagerduty-calls.ts'
import { createPdjsTransport, type PdjsTransportOptions } from './pdjs-transport.ts'

const event = {
  routing_key: routingKey,
  event_action: 'trigger',
  dedup_key: 'k',
  payload: { summary: 's' },
}
const fake = await startFakePagerDuty()
afterAll(() => fake.close())
afterEach(() => {
  fake.calls.length = 0
  fake.faults.length = 0
  fake.isDown = false
})

function open(
  options: Partial<PdjsTransportOptions> = {},
): ReturnType<typeof createPagerDutyCalls> {
  const transport = createPdjsTransport({ token, hosts: fake.hosts, agent: fake.agent, ...options })
  return createPagerDutyCalls(transport, 'loop-engine@acme.example')
}
const failing = (
  status: number,
  times = 1,
  rest: { body?: string; headers?: Record<string, string> } = {},
): void => {
  const body = { error: { code: 2020, message: `secret ${token}` } }
  const answers = Array.from({ length: times }, () => ({ status, body, ...rest }))
  fake.faults.push({ match: /./, answers })
}

describe('what PagerDuty answers becomes', () => {
  test.each([
    [400, 'bad_response', false],
    [401, 'auth', false],
    [403, 'auth', false],
    [404, 'not_found', false],
    [408, 'unavailable', true],
    [500, 'unavailable', true],
    [503, 'unavailable', true],
  ])('of %d an error of ours: %s', async (status, code, retryable) => {
    failing(status, 2)
    for (const call of [() => open().alerts('P1'), () => open().send(event)])
      await expect(call()).rejects.toMatchObject({
        code,
        retryable,
        plugin: 'pagerduty',
        details: { status },
      })
  })

  test.each([
    ['retry-after', 7000],
    ['ratelimit-reset', 7000],
    [undefined, 30_000],
  ])('of 429 with %s a pause, after pdjs has tried its three times', async (name, retryAfterMs) => {
    failing(429, 4, { ...(name && { headers: { [name]: '7' } }) })

    const call = open().send(event)

    await expect(call).rejects.toMatchObject({
      code: 'rate_limited',
      retryable: true,
      details: { retryAfterMs },
    })
    expect(fake.calls).toHaveLength(4)
  })

  test('of one 429 nothing to speak of', async () => {
    failing(429)
    await open().send(event)
    expect(fake.calls).toHaveLength(2)
  })

  test.each([
    ['a page of a proxy', 502, '<html>', 'unavailable'],
    ['a page of a proxy that says that all is well', 200, '<html>', 'bad_response'],
    ['JSON of another shape', 200, '{"alerts":[{"alert_key":1}]}', 'bad_response'],
  ])('of %s an error of ours', async (_, status, body, code) => {
    failing(status, 1, { body })
    await expect(open().alerts('P1')).rejects.toMatchObject({ code })
  })

  test('of nothing an outage, for both APIs', async () => {
    fake.isDown = true
    await expect(open().alerts('P1')).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
    await expect(open().send(event)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  test('of a redirect an outage, and the key goes nowhere', async () => {
    failing(302, 1, { headers: { location: `https://${fake.hosts.api}/elsewhere` } })
    await expect(open().alerts('P1')).rejects.toMatchObject({ code: 'unavailable' })
    expect(fake.calls).toHaveLength(1)
  })

  test('an error that quotes neither key nor answer nor address', async () => {
    for (const fault of [
      () => failing(400),
      () => failing(502, 1, { body: `<${token}>` }),
      () => void (fake.isDown = true),
    ]) {
      fault()
      const error: unknown = await open()
        .alerts('P1')
        .catch((reason: unknown) => reason)
      const text = JSON.stringify(error) + String(error) + String((error as Error).stack)
      expect(text).not.toMatch(new RegExp(`${token}|${fake.hosts.api}`))
      expect((error as Error).cause).toBeUndefined()
    }
  })
})

describe('time', () => {
  test('that runs out ends a call, though pdjs has no limit of its own', async () => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => void sockets.add(socket)) // says nothing
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
    const { sendEvent, call } = createPdjsTransport({
      token,
      hosts: { api: host, events: host },
      timeoutMs: 50,
    })

    const timeout = { code: 'timeout', retryable: true }
    await expect(sendEvent(event)).rejects.toMatchObject(timeout)
    await expect(call({ method: 'GET', path: '/users/P1' })).rejects.toMatchObject(timeout)
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('is not waited for when a call is no longer wanted', async () => {
    failing(429, 4)
    const stop = new AbortController()
    const call = open().send(event, stop.signal)
    stop.abort()

    await expect(call).rejects.toMatchObject({ code: 'aborted' })
    await expect(open().send(event, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' })
  })
})

test('each region has hosts of its own', async () => {
  const asked: unknown[] = []
  const agent = new Agent()
  const [, port] = fake.hosts.api.split(':')
  Object.assign(agent, {
    createConnection({ servername, ...options }: ConnectionOptions) {
      asked.push(servername)
      return connect({ ...fake.agent.options, ...options, host: '127.0.0.1', port: Number(port) })
    },
  })
  fake.users.set('P1', { email: 'one@acme.example' })
  for (const region of ['us', 'eu'] as const) {
    const transport = createPdjsTransport({ token, region, agent })
    const { status } = await transport.call({ method: 'GET', path: '/users/P1' })
    expect([status, (await transport.sendEvent(event)).status]).toEqual([200, 202])
  }

  expect(asked).toEqual([
    'api.pagerduty.com',
    'events.pagerduty.com',
    'api.eu.pagerduty.com',
    'events.eu.pagerduty.com',
  ])
})

test('a key is sent as what it is', async () => {
  await open({ tokenType: 'bearer' })
    .alerts('P1')
    .catch(() => undefined)
  await open()
    .addNote('P1', 'text')
    .catch(() => undefined)

  expect(fake.calls.map(({ headers }) => headers['authorization'])).toEqual([
    `Bearer ${token}`,
    `Token token=${token}`,
  ])
  expect(fake.calls[1]).toMatchObject({
    headers: { from: 'loop-engine@acme.example' },
    body: { note: { content: 'text' } },
  })
  expect(() => createPdjsTransport({ token: 'a\r\nb' })).toThrow(
    expect.objectContaining({ code: 'invalid_config' }),
  )
})

test('an option that is misspelt is refused', () => {
  const options = { token, host: 'api.eu.pagerduty.com' }
  expect(() => createPdjsTransport(options)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/host' }),
  )
})

test.each([0, Number.NaN, '1000'])(
  'the time limit %j is refused: it would be none',
  (timeoutMs) => {
    expect(() => createPdjsTransport({ token, timeoutMs: timeoutMs as number })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' }),
    )
  },
)
