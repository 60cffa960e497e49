import type { CloudEvent, EventSink } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createTestClock, createTestIdentifiers, type TestClock } from '../test-clock.ts'
import type { SinkJourneyHarness, SinkSystem } from './harness.ts'

const minute = 60_000

/** One system with the sink under test and, in the same process, a witness that hears the same events. */
export interface World {
  readonly clock: TestClock
  readonly sink: EventSink
  readonly system: SinkSystem
  /** The events that the witness heard, oldest first, each once. */
  readonly witnessed: readonly CloudEvent[]
  start(aggregateId: string): Promise<void>
  /** One transition of an instance, there and back again. */
  move(aggregateId: string): Promise<void>
  /** Changes an instance so that the event has at least this many bytes. */
  bulk(aggregateId: string, bytes: number): Promise<void>
  /** Lets time pass minute by minute, and delivers what becomes due. */
  pass(minutes: number): Promise<void>
  /** Lets time pass until every event but these has been received. Throws when that takes more than 20 minutes. */
  settle(except?: readonly string[]): Promise<void>
  /** Asserts that readers received every event but these, in order within each instance, and nothing else. */
  complete(except?: readonly string[]): Promise<void>
}

export interface WorldOptions {
  /** Whether the relay delivers by itself, as in a running program; otherwise only `drain` delivers. */
  readonly running?: boolean
  /** Wraps the sink under test. */
  readonly wrap?: (sink: EventSink) => EventSink
}

const actor = { type: 'automation', id: 'service:mover' }
const loop = {
  id: 'journey.machine',
  version: '1',
  name: 'Machine',
  states: [{ id: 'IDLE' }, { id: 'BUSY' }, { id: 'GONE', terminal: true }],
  initialState: 'IDLE',
  transitions: [
    { id: 'work', signal: 'work', from: 'IDLE', to: 'BUSY', actors: ['automation'], guards: [] },
    { id: 'rest', signal: 'rest', from: 'BUSY', to: 'IDLE', actors: ['automation'], guards: [] },
    { id: 'end', signal: 'end', from: 'IDLE', to: 'GONE', actors: ['automation'], guards: [] },
  ],
}

/** Registers one journey in a world of its own. `keepsOut` names the kind of bug that it prevents. */
export function journey(
  harness: SinkJourneyHarness,
  promise: string,
  keepsOut: string,
  walk: (world: World) => Promise<void>,
  options?: WorldOptions,
): void {
  test(`${promise} (keeps out: ${keepsOut})`, { timeout: 180_000 }, async () => {
    const world = await createWorld(harness, options)
    try {
      await walk(world)
    } finally {
      await world.system.close()
    }
  })
}

async function createWorld(
  harness: SinkJourneyHarness,
  { running = false, wrap = (sink) => sink }: WorldOptions = {},
): Promise<World> {
  const clock = createTestClock()
  const sink = wrap(await harness.create())
  const witnessed: CloudEvent[] = []
  const witness: EventSink = {
    contract: 'sink/v1',
    name: 'witness',
    publish: async (events) => void witnessed.push(...events),
  }
  const system = await harness.createSystem({
    loops: [loop],
    store: harness.createStore(),
    sinks: [sink, witness],
    clock,
    ids: createTestIdentifiers('journey'),
    relay: running,
  })
  const busy = new Set<string>()
  const expected = (except: readonly string[]): CloudEvent[] =>
    witnessed.filter(({ id }) => !except.includes(id))

  const world: World = {
    clock,
    sink,
    system,
    witnessed,
    async start(aggregateId) {
      await system.engine.start({ aggregateId, loopId: loop.id, actor })
    },
    async move(aggregateId) {
      const signal = busy.delete(aggregateId) ? 'rest' : 'work'
      if (signal === 'work') busy.add(aggregateId)
      expect(await system.engine.transition({ aggregateId, signal, actor })).toMatchObject({
        status: 'executed',
      })
    },
    async bulk(aggregateId, bytes) {
      const person = { type: 'human', id: 'operator' }
      // A reason has at most 4,096 characters. Each character of this one takes six bytes of JSON.
      const reason = '\u0001'.repeat(Math.ceil(bytes / 6))
      await system.engine.suspend({ aggregateId, actor: person, reason })
      await system.engine.resume({ aggregateId, actor: person, reason: 'done' })
    },
    async pass(minutes) {
      for (let passed = 0; passed < minutes; passed++) {
        await system.relay.drain()
        clock.advance(minute)
      }
    },
    async settle(except = []) {
      for (let passed = 0; passed < 20; passed++) {
        await world.pass(1)
        const received = new Set(await harness.received())
        if (expected(except).every(({ id }) => received.has(id))) return
      }
      throw new Error(`${harness.name} did not receive everything within 20 minutes.`)
    },
    async complete(except = []) {
      const firsts = [...new Set(await harness.received())]
      const known = new Map(witnessed.map((event) => [event.id, event]))
      expect(firsts.filter((id) => !known.has(id))).toEqual([])
      expect(byRun(firsts.flatMap((id) => known.get(id) ?? []))).toEqual(byRun(expected(except)))
    },
  }
  return world
}

/** Ids in order, by run. */
function byRun(events: readonly CloudEvent[]): Record<string, string[]> {
  const runs: Record<string, string[]> = {}
  for (const { partitionkey, id } of events) (runs[partitionkey] ??= []).push(id)
  return runs
}
