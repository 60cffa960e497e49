import { LoopError, publishEach, type CloudEvent, type EventSink } from '@loop-engine/core'
import { sinkConformance, type SinkHarness } from '@loop-engine/testing'

import { suiteJudges } from './suite-judges.ts'

/** Puts one event where readers find it, or throws. */
type Store = (event: CloudEvent) => Promise<void>
type Publish = EventSink['publish']

const right =
  (store: Store): Publish =>
  (events) =>
    publishEach(events, store)

await suiteJudges(sinkConformance, harnessOf(right), {
  'has another contract': harnessOf(right, { contract: 'sink/v2' }),
  'has no name': harnessOf(right, { name: '' }),
  'publishes the first event of several': harnessOf((store) => async ([first]) => {
    if (first) await store(first)
  }),
  'publishes the newest event first': harnessOf(
    (store) => (events) => publishEach(events.toReversed(), store),
  ),
  'publishes each event twice': harnessOf(
    (store) => (events) => publishEach([...events, ...events], store),
  ),
  'gives events an id of its own': harnessOf((store) =>
    right((event) => store({ ...event, id: `mine-${event.id}` })),
  ),
  'sends something when there is no event': harnessOf((store) => async (events, context) => {
    if (events.length === 0) await store(heartbeat)
    await right(store)(events, context)
  }),
  'answers before readers can find the events': harnessOf((store) => async (events) => {
    const later: Store = async (event) => {
      await new Promise((resolve) => setImmediate(resolve))
      await store(event)
    }
    void publishEach(events, later).catch(() => undefined)
  }),
  'keeps a failure to itself': harnessOf(
    (store) => (events) => publishEach(events, store).catch(() => undefined),
  ),
  'calls an outage permanent': harnessOf((store) =>
    right((event) => store(event).catch(() => fail('refused', 'The event is not wanted.'))),
  ),
  'counts an event as delivered once it failed': harnessOf((store) => {
    const known = new Set<string>()
    return right(async (event) => {
      if (known.has(event.id)) return
      known.add(event.id)
      await store(event)
    })
  }),
  'quotes an event in its error': harnessOf((store) =>
    right((event) =>
      store(event).catch(() => fail('unavailable', `${JSON.stringify(event.data)} is not stored.`)),
    ),
  ),
  'empties the list that it was handed': harnessOf((store) => async (events) => {
    const queue = events as CloudEvent[]
    for (let next = queue.shift(); next; next = queue.shift()) await store(next)
  }),
})

const heartbeat: CloudEvent = {
  specversion: '1.0',
  id: 'heartbeat',
  source: 'urn:mine',
  type: 'heartbeat',
  subject: 'nothing',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  sequence: '0',
  partitionkey: 'nothing',
  data: {},
}

function fail(code: 'refused' | 'unavailable', message: string): never {
  throw new LoopError(code, message, { retryable: code === 'unavailable' })
}

/** An array, and the sink in front of it. */
function harnessOf(publish: (store: Store) => Publish, change: object = {}): SinkHarness {
  let received: string[] = []
  let broken = false
  return {
    name: 'an array',
    create() {
      received = []
      broken = false
      const store: Store = async ({ id }) => {
        if (broken) fail('unavailable', 'The array is away.')
        received.push(id)
      }
      return { contract: 'sink/v1', name: 'array', publish: publish(store), ...change }
    },
    received: () => received,
    fail() {
      broken = true
    },
  }
}
