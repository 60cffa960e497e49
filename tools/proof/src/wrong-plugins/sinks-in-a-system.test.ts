import {
  isLoopError,
  LoopError,
  publishEach,
  type CloudEvent,
  type EventSink,
} from '@loop-engine/core'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { sinkJourneys, type SinkJourneyHarness } from '@loop-engine/testing'
import { describe } from 'vitest'

import { suiteJudges } from './suite-judges.ts'

/** Puts one event where readers find it, or throws; waits while the system behind the sink stands still. */
type Store = (event: CloudEvent, signal: AbortSignal) => Promise<void>
type Publish = EventSink['publish']

const right =
  (store: Store): Publish =>
  (events, { signal }) =>
    publishEach(events, (event) => store(event, signal))

/** A sink that makes something else of what went wrong; `taken` is what it says of a delivery. */
const translating = (
  translate: (error: unknown, event: CloudEvent, signal: AbortSignal) => 'taken' | void,
): SinkJourneyHarness =>
  harnessOf((store) =>
    right((event, signal) =>
      store(event, signal).catch((error: unknown) => {
        if (translate(error, event, signal) !== 'taken') throw error
      }),
    ),
  )

const largestBytes = 8192

await suiteJudges(
  (harness: SinkJourneyHarness) =>
    describe('the journeys', () => {
      sinkJourneys(harness)
    }),
  harnessOf(right),
  {
    'calls an outage permanent': translating(() => fail('refused', 'Not wanted.')),
    'reports an aborted delivery as delivered': translating((_, __, { aborted }) =>
      aborted ? 'taken' : undefined,
    ),
    'reports an aborted delivery as an outage': translating((_, __, { aborted }) => {
      if (aborted) fail('unavailable', 'The array is away.')
    }),
    'drops refused events silently': translating((error) =>
      isRefusal(error) ? 'taken' : undefined,
    ),
    'calls a refusal retryable': translating((error) => {
      if (isRefusal(error)) fail('unavailable', 'The array is away.')
    }),
    'quotes a refused event in its error': translating((error, event) => {
      if (isRefusal(error)) fail('refused', `No: ${JSON.stringify(event)}`)
    }),
    'holds up every event behind a refused one': harnessOf((store) => {
      let refused = false
      return right((event, signal) => {
        if (refused) return fail('unavailable', 'The array is away.')
        return store(event, signal).catch((error: unknown) => {
          refused = isRefusal(error)
          throw error
        })
      })
    }),
    'counts an event as delivered once it failed': harnessOf((store) => {
      const known = new Set<string>()
      return right(async (event, signal) => {
        if (known.has(event.id)) return
        known.add(event.id)
        await store(event, signal)
      })
    }),
    'gives each delivery an id of its own': harnessOf((store) => {
      let count = 0
      return right((event, signal) => store({ ...event, id: `${++count}` }, signal))
    }),
  },
)

function isRefusal(error: unknown): boolean {
  return isLoopError(error) && error.code === 'refused'
}

function fail(code: 'refused' | 'unavailable' | 'aborted', message: string): never {
  throw new LoopError(code, message, { retryable: code === 'unavailable' })
}

/** An array that may be away or stand still, and the sink in front of it. */
function harnessOf(publish: (store: Store) => Publish): SinkJourneyHarness {
  let received: string[] = []
  let broken = false
  let standstill = Promise.resolve()
  let release = (): void => {}
  const store: Store = async (event, signal) => {
    if (broken) fail('unavailable', 'The array is away.')
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([standstill, aborted])
    if (signal.aborted) fail('aborted', 'An event was stopped.')
    if (JSON.stringify(event).length > largestBytes) fail('refused', 'An event is too large.')
    received.push(event.id)
  }
  return {
    name: 'an array',
    create() {
      received = []
      return { contract: 'sink/v1', name: 'array', publish: publish(store) }
    },
    received: () => received,
    fail() {
      broken = true
    },
    recover() {
      broken = false
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      standstill = promise
      release = resolve
    },
    release: () => release(),
    largestBytes,
    createSystem: (options) => createLoopSystem(options as Parameters<typeof createLoopSystem>[0]),
    createStore: () => createMemoryStore(),
  }
}
