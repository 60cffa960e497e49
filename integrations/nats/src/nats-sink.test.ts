import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

import { sinkEvent } from '@loop-engine/testing'
import { expect, onTestFinished, test } from 'vitest'

import { createNatsSink } from './nats-sink.ts'

const event = sinkEvent(1)

test('without a server an event is to be delivered again, and the error names no server', async () => {
  const sink = createNatsSink({ connection: { servers: ['127.0.0.1:1', '127.0.0.1:2'] } })

  const error: unknown = await sink
    .publish([event], { signal: new AbortController().signal })
    .catch((fault: unknown) => fault)

  expect(error).toMatchObject({ code: 'unavailable', retryable: true, plugin: 'nats' })
  expect(JSON.stringify(error)).not.toContain('127.0.0.1')
  expect(error).not.toHaveProperty('cause')
  await sink.close()
})

test('publishing that is aborted before it began rejects with aborted', async () => {
  const sink = createNatsSink({ connection: { servers: '127.0.0.1:1' } })

  await expect(sink.publish([event], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  })
  await sink.close()
})

test.each([0, Number.NaN, '1000'])('the time limit %j is refused', (timeoutMs) => {
  const connection = { servers: '127.0.0.1:1' }
  expect(() => createNatsSink({ connection, timeoutMs: timeoutMs as number })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeoutMs' }),
  )
})

test.each([
  ['', {}],
  [', though the first word is that of TLS', { tls: { handshakeFirst: true } }],
])('each attempt closes its socket if a server accepts and says nothing%s', async (_, more) => {
  const server = createServer((socket) => socket.resume())
  const accepted: Socket[] = []
  server.on('connection', (socket) => accepted.push(socket))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    for (const socket of accepted) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const connection = { servers: `127.0.0.1:${port}`, ...more }
  const sink = createNatsSink({ connection, timeoutMs: 100 })
  const { signal } = new AbortController()

  for (const count of [1, 2]) {
    await expect(sink.publish([event], { signal })).rejects.toMatchObject({ code: 'unavailable' })
    await expect.poll(() => accepted).toHaveLength(count)
    await expect.poll(() => accepted.every(({ closed }) => closed)).toBe(true)
  }
  await sink.close()
})

test('a misspelt option is refused', () => {
  const options = { connection: { servers: '127.0.0.1:1' }, timeout: 100 }
  expect(() => createNatsSink(options)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/timeout' }),
  )
})
