import type { CloudEvent } from '@loop-engine/core'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import {
  sinkConformance,
  sinkEvent,
  sinkJourneys,
  startNats,
  type NatsServer,
  type SinkJourneyHarness,
} from '@loop-engine/testing'
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { createNatsSink, type NatsSink, type NatsSinkOptions } from './nats-sink.ts'

const event = sinkEvent(1)

const largestBytes = 8192
const context = { signal: new AbortController().signal }

let server: NatsServer
let connection: NatsConnection
let manager: JetStreamManager
let down = false
let count = 0
let sinks: NatsSink[] = []
/** The stream of the running test. */
let stream: string

beforeAll(async () => {
  server = await startNats()
})
afterAll(async () => {
  await connection?.close()
  await server?.stop()
})
afterEach(async () => {
  await Promise.all(sinks.map((sink) => sink.close()))
  sinks = []
})

async function recover(): Promise<void> {
  await server.restart()
  down = false
}

/** The reader's own connection, which is lost when the server stops. */
async function reader(): Promise<JetStreamManager> {
  if (connection === undefined || connection.isClosed()) {
    connection = await connect({ servers: server.url, reconnect: false })
    manager = await jetstreamManager(connection)
  }
  return manager
}

async function createStream(options: object = {}): Promise<string> {
  stream = `S${++count}`
  await (
    await reader()
  ).streams.add({ name: stream, subjects: [`${stream}.>`], max_msg_size: largestBytes, ...options })
  return stream
}

function open(options: Partial<NatsSinkOptions> = {}): NatsSink {
  const connection = { servers: server.url }
  const sink = createNatsSink({ connection, prefix: stream, ...options })
  sinks.push(sink)
  return sink
}

interface Stored {
  readonly subject: string
  readonly headers: Readonly<Record<string, string>>
  readonly event: CloudEvent
}

async function stored(): Promise<readonly Stored[]> {
  const { streams } = await reader()
  const { state } = await streams.info(stream)
  const messages: Stored[] = []
  for (let seq = 1; seq <= state.last_seq; seq++) {
    const message = await streams.getMessage(stream, { seq })
    if (message)
      messages.push({
        subject: message.subject,
        headers: Object.fromEntries(
          message.header.keys().map((key) => [key, message.header.get(key)]),
        ),
        event: message.json<CloudEvent>(),
      })
  }
  return messages
}

const harness: SinkJourneyHarness = {
  name: 'NATS JetStream',
  async create() {
    if (down) await recover()
    await createStream()
    return open()
  },
  received: async () => (await stored()).map(({ event }) => event.id),
  async fail() {
    await server.crash()
    down = true
  },
  recover,
  hold: () => server.pause(),
  release: () => server.resume(),
  largestBytes,
  createSystem: (options) =>
    createLoopSystem(options as Parameters<typeof createLoopSystem>[0]) as never,
  createStore: () => createMemoryStore(),
}
sinkConformance(harness)
sinkJourneys(harness)

test('a refused event does not keep events that were published with it from the stream', async () => {
  await createStream()
  const text = 'x'.repeat(largestBytes)
  const events = ['executed', 'warned', 'completed'].map((id) => ({
    ...event,
    id,
    data: id === 'warned' ? { text } : event.data,
  }))

  await expect(open().publish(events, context)).rejects.toMatchObject({ code: 'refused' })

  expect(await harness.received()).toEqual(['executed', 'completed'])
})

test('a message is the event in structured mode, and has its id', async () => {
  await createStream()
  await open().publish([event], context)

  expect(await stored()).toEqual([
    {
      subject: `${stream}.acme.order.${event.type}`,
      headers: {
        'Nats-Msg-Id': event.id,
        'Content-Type': 'application/cloudevents+json; charset=utf-8',
        traceparent: event.traceparent,
      },
      event,
    },
  ])
})

test('a repetition within the duplicate window is stored once, also from another process', async () => {
  await createStream()
  await open().publish([event], context)
  await open().publish([event, { ...event, id: 'another' }], context)

  expect((await stored()).map(({ event: { id } }) => id)).toEqual([event.id, 'another'])
})

test('names that could widen a subject stay within their token', async () => {
  await createStream()
  const source = `urn:loop-engine:${encodeURIComponent('a.*.> b')}:${encodeURIComponent('ü.o')}`

  await open().publish([{ ...event, source }], context)

  const [message] = await stored()
  expect(message?.subject.split('.').slice(1, 3)).toEqual(['a%2E%2A%2E%3E%20b', '%C3%BC%2Eo'])
})

test('events for a missing stream are to be delivered again', async () => {
  await createStream()
  const sink = open({ prefix: 'nobody' })

  await expect(sink.publish([event], context)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    hint: expect.stringContaining('stream'),
  })
})

test('events for a full stream are to be delivered again', async () => {
  await createStream({ max_msgs: 1, discard: 'new' })
  const sink = open()
  await sink.publish([event], context)

  await expect(sink.publish([{ ...event, id: 'another' }], context)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
  })
})

test.each([largestBytes + 1, 2 ** 20])('an event of %i bytes is refused', async (bytes) => {
  await createStream()
  const large = { ...event, data: { text: 'x'.repeat(bytes) } }

  await expect(open().publish([large], context)).rejects.toMatchObject({
    code: 'refused',
    retryable: false,
  })
  expect(await stored()).toEqual([])
})

test('a send to a server that does not answer ends at the time limit', async () => {
  await createStream()
  const sink = open({ timeoutMs: 200 })
  await sink.publish([event], context)
  await server.pause()

  try {
    await expect(sink.publish([event], context)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(open({ timeoutMs: 200 }).publish([event], context)).rejects.toMatchObject({
      code: 'unavailable',
    })
  } finally {
    await server.resume()
  }
})
