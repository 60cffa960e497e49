import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import {
  sinkConformance,
  sinkEvent,
  sinkJourneys,
  startKafka,
  type KafkaServer,
  type SinkJourneyHarness,
} from '@loop-engine/testing'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { createKafkaSink, type KafkaSink, type KafkaSinkOptions } from './kafka-sink.ts'
import { createTopic, readTopic } from './topic.fixture.ts'

const event = sinkEvent(1)

const largestBytes = 8192
const context = { signal: new AbortController().signal }

let server: KafkaServer
let down = false
let sinks: KafkaSink[] = []
let topics = 0
/** The topic of the running test. */
let topic: string

beforeAll(async () => {
  server = await startKafka()
})
afterAll(() => server?.stop())
afterEach(async () => {
  await Promise.all(sinks.map((sink) => sink.close()))
  sinks = []
})

async function newTopic(partitions = 3): Promise<void> {
  topic = `events-${++topics}`
  await createTopic(server.address, topic, partitions, largestBytes)
}

function open(options: Partial<KafkaSinkOptions> = {}): KafkaSink {
  const sink = createKafkaSink({
    connection: { bootstrapBrokers: [server.address] },
    topic,
    ...options,
  })
  sinks.push(sink)
  return sink
}

async function recover(): Promise<void> {
  await server.restart()
  down = false
}

const stored = (): ReturnType<typeof readTopic> => readTopic(server.address, topic)

const harness: SinkJourneyHarness = {
  name: 'Kafka',
  async create() {
    if (down) await recover()
    await newTopic()
    return open()
  },
  received: async () => (await stored()).map(({ headers }) => headers['ce_id'] ?? ''),
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

test('a record is the event in binary mode, keyed by the run', async () => {
  await newTopic()
  await open().publish([event], context)

  const [record] = await stored()
  expect(record).toMatchObject({
    key: 'run-1',
    value: JSON.stringify(event.data),
    headers: {
      'content-type': 'application/json',
      ce_specversion: '1.0',
      ce_id: event.id,
      ce_source: event.source,
      ce_type: event.type,
      ce_subject: event.subject,
      ce_time: event.time,
      ce_sequence: event.sequence,
      ce_partitionkey: 'run-1',
      ce_traceparent: event.traceparent,
      traceparent: event.traceparent,
    },
  })
  expect(Object.keys(record?.headers ?? {})).toHaveLength(11)
})

test("Kafka's own programs read a record, and put the same key into the same partition", async () => {
  await newTopic(7)
  const keys = ['run-1', 'run-2', 'run-3', 'läufe']
  await open().publish(
    keys.map((key) => ({ ...event, id: key, partitionkey: key })),
    context,
  )
  server.run(
    'org.apache.kafka.tools.ConsoleProducer',
    ['--topic', topic, '--reader-property', 'parse.key=true'],
    keys.map((key) => `${key}\tjava\n`).join(''),
  )

  const printed = server.run(
    'org.apache.kafka.tools.consumer.ConsoleConsumer',
    [
      ['--topic', topic, '--from-beginning', '--max-messages', '8', '--timeout-ms', '20000'],
      ['key', 'partition', 'headers'].flatMap((part) => [
        '--formatter-property',
        `print.${part}=true`,
      ]),
    ].flat(),
  )
  const lines = printed.trim().split('\n')
  const partitionOf = (key: string, from: (line: string) => boolean): string | undefined =>
    lines.find((line) => from(line) && line.includes(`\t${key}\t`))?.split('\t')[0]

  expect(lines).toHaveLength(8)
  expect(lines.find((line) => line.includes('ce_id:run-1'))).toContain(JSON.stringify(event.data))
  for (const key of keys) {
    expect(partitionOf(key, (line) => !line.endsWith('\tjava'))).toMatch(/^Partition:\d$/)
    expect(partitionOf(key, (line) => !line.endsWith('\tjava'))).toBe(
      partitionOf(key, (line) => line.endsWith('\tjava')),
    )
  }
})

test('the producer is idempotent: the broker has sequence numbers for its records', async () => {
  await newTopic(1)
  const sink = open()
  await sink.publish([event], context)
  await sink.publish([event, event], context)

  const batches = [...new Set((await stored()).map(({ batch }) => batch))]
  expect(batches.map(({ firstSequence }) => firstSequence)).toEqual([0, 1])
  expect(new Set(batches.map(({ producerId }) => producerId)).size).toBe(1)
  expect(batches[0]?.producerId).toBeGreaterThanOrEqual(0n)
})

test('a bad event among many fails alone', async () => {
  await newTopic(1)
  const sink = open()
  const large = { ...event, id: 'large', data: { text: 'x'.repeat(largestBytes) } }
  const ids = ['a', 'b', 'large', 'c', 'd', 'e']

  const outcomes = await Promise.allSettled(
    ids.map((id) => sink.publish([id === 'large' ? large : { ...event, id }], context)),
  )

  expect(outcomes.map(({ status }) => status)).toEqual(
    ids.map((id) => (id === 'large' ? 'rejected' : 'fulfilled')),
  )
  expect(outcomes[2]).toMatchObject({ reason: { code: 'refused', retryable: false } })
  expect((await stored()).map(({ headers }) => headers['ce_id'])).toEqual(['a', 'b', 'c', 'd', 'e'])
})

test('a refused event does not keep events that were published with it from the topic', async () => {
  await newTopic()
  const events = ['executed', 'warned', 'completed'].map((id) => ({
    ...event,
    id,
    data: id === 'warned' ? { text: 'x'.repeat(largestBytes) } : event.data,
  }))

  await expect(open().publish(events, context)).rejects.toMatchObject({ code: 'refused' })

  expect(await harness.received()).toEqual(['executed', 'completed'])
})

test('events for a missing topic are to be delivered again, and the topic is not created', async () => {
  await newTopic()

  await expect(open({ topic: 'nobody' }).publish([event], context)).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    hint: 'Create the topic.',
  })
})

test('each event may have its own topic', async () => {
  await newTopic()
  await open({ topic: ({ type }) => (type === event.type ? topic : 'nobody') }).publish(
    [event],
    context,
  )

  expect(await stored()).toHaveLength(1)
})

test('a topic that is missing or has an invalid name holds up no events of other topics', async () => {
  await newTopic()
  const sink = open({
    topic({ id }) {
      if (id === 'thrown') throw new Error('no topic for it')
      return { missing: 'nobody', invalid: 'a b/c' }[id] ?? topic
    },
  })
  const ids = ['a', 'missing', 'b', 'invalid', 'c', 'thrown', 'd']

  const outcomes = await Promise.allSettled(
    ids.map((id) => sink.publish([{ ...event, id }], context)),
  )

  expect(outcomes.map(({ status }) => status)).toEqual(
    ids.map((id) => (id.length > 1 ? 'rejected' : 'fulfilled')),
  )
  expect(outcomes[1]).toMatchObject({ reason: { hint: 'Create the topic.', retryable: true } })
  expect(outcomes[3]).toMatchObject({
    reason: { details: { kafka: 'INVALID_TOPIC_EXCEPTION' }, retryable: true },
  })
  expect(await stored()).toHaveLength(4)
})

test('a send to a broker that does not answer ends at the time limit', async () => {
  await newTopic()
  const sink = open({ timeoutMs: 500 })
  await sink.publish([event], context)
  await server.pause()

  try {
    await expect(sink.publish([event], context)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(sink.publish([event], context)).rejects.toMatchObject({ code: 'unavailable' })
  } finally {
    await server.resume()
  }
  await sink.publish([{ ...event, id: 'later' }], context)
  expect((await stored()).at(-1)?.headers['ce_id']).toBe('later')
})
