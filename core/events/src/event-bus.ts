import {
  deepFreeze,
  entryTypes,
  LoopError,
  quiet,
  refuseStrayKeys,
  type KnownKeys,
  type StoredEntry,
} from '@loop-engine/core'

import { deriveEvents, type LoopEvent, type LoopEventType } from './derive-events.ts'
import { createEventStream, type EventStream, type EventStreamOptions } from './event-stream.ts'

/** Which events a subscriber wants: those that match every field that is given. */
export interface EventFilter {
  readonly tenant?: string
  readonly loopId?: string
  readonly aggregateId?: string
  readonly runId?: string
  readonly transitionId?: string
  readonly approvalId?: string
  readonly types?: readonly LoopEventType[]
}

export type EventListener = (event: LoopEvent) => void | Promise<void>

/**
 * Tells subscribers in this process what was committed, in order per run, at most once. What must not be
 * missed goes through the outbox to a sink instead.
 */
export interface EventBus {
  /** Never throws: a listener that does is reported and harms nobody else. */
  publish(entries: readonly StoredEntry[]): void
  /** Returns what ends the subscription. */
  subscribe(filter: EventFilter, listener: EventListener): () => void
  /** Ends with the bus, with `signal`, or when the reader leaves its loop. Throws `unavailable` when the reader is too slow. */
  stream(filter?: EventFilter, options?: EventStreamOptions): AsyncIterableIterator<LoopEvent>
  close(): void
}

export interface EventBusOptions {
  /** Hears what listeners throw; a warning of the process by default. */
  readonly onError?: (error: unknown) => void
}

interface Subscription {
  readonly filter: EventFilter
  readonly listener: EventListener
}

export function createEventBus({ onError = warn }: EventBusOptions = {}): EventBus {
  const subscriptions = new Set<Subscription>()
  const streams = new Set<EventStream>()
  const waiting: StoredEntry[] = []
  let publishing = false
  let closed = false
  // It may fail as well, and `publish` still throws nothing: what was committed has not failed.
  const report = quiet(onError, warn)

  const subscribe: EventBus['subscribe'] = (filter, listener) => {
    if (closed) throw new LoopError('closed', 'The event bus is closed.')
    checkFilter(filter)
    if (typeof listener !== 'function')
      throw new LoopError('invalid_input', 'A subscription needs a function that listens.', {
        hint: 'Call subscribe(filter, listener); a filter of {} hears everything.',
      })
    const subscription = { filter, listener }
    subscriptions.add(subscription)
    return () => void subscriptions.delete(subscription)
  }

  return {
    subscribe,
    publish(entries) {
      if (closed || subscriptions.size === 0) return
      waiting.push(...entries)
      // A listener that publishes is heard after the events that are on their way.
      if (publishing) return
      publishing = true
      try {
        for (let entry = waiting.shift(); entry; entry = waiting.shift()) announce(entry)
      } finally {
        publishing = false
      }
    },
    stream(filter = {}, options = {}) {
      refuseStrayKeys(options, streamKeys, { what: 'A stream of events' })
      const stream = createEventStream(options, () => {
        unsubscribe()
        streams.delete(stream)
      })
      const unsubscribe = subscribe(filter, (event) => stream.push(event))
      streams.add(stream)
      return stream.events
    },
    close() {
      closed = true
      subscriptions.clear()
      for (const stream of streams) stream.end()
    },
  }

  function announce(entry: StoredEntry): void {
    try {
      // Frozen, because all listeners are told the same one.
      for (const event of deepFreeze(deriveEvents(entry))) {
        // Who subscribes while this event is told hears the next one: told of this one, a listener that subscribes
        // anew each time would never come to an end.
        const present = [...subscriptions]
        for (const subscription of present) {
          const { filter, listener } = subscription
          if (subscriptions.has(subscription) && matches(filter, event)) tell(listener, event)
        }
      }
    } catch (error) {
      report(error)
    }
  }

  function tell(listener: EventListener, event: LoopEvent): void {
    try {
      const working: unknown = listener(event)
      // A listener that is typed to return nothing may return anything: `() => ids.delete(id)` does.
      if (working !== undefined) Promise.resolve(working).catch(report)
    } catch (error) {
      report(error)
    }
  }
}

const streamKeys: KnownKeys<EventStreamOptions> = { signal: true, maxBuffered: true }
const filterKeys: KnownKeys<EventFilter> = {
  tenant: true,
  loopId: true,
  aggregateId: true,
  runId: true,
  transitionId: true,
  approvalId: true,
  types: true,
}
const types: ReadonlySet<unknown> = new Set([...entryTypes, 'loop.guard.failed'])

/** A filter that is misspelt, or whose tenant is missing, would hear other tenants too; a type that there is not, nothing. */
function checkFilter(filter: EventFilter): void {
  refuseStrayKeys(filter, filterKeys, { what: 'A filter of events' })
  if (Object.hasOwn(filter, 'tenant') && typeof filter.tenant !== 'string')
    throw new LoopError('invalid_input', 'A filter names its tenant by text.', {
      path: '/tenant',
      hint: 'To hear all tenants, leave the tenant out.',
    })
  if (filter.types === undefined) return
  if (Array.isArray(filter.types) && filter.types.every((type) => types.has(type))) return
  throw new LoopError('invalid_input', 'A filter names event types that there are not.', {
    path: '/types',
    hint: `Give a list of ${[...types].join(', ')}.`,
  })
}

function matches(
  filter: EventFilter,
  { type, entry, tenant, loopId, aggregateId, runId }: LoopEvent,
): boolean {
  return (
    (filter.types === undefined || filter.types.includes(type)) &&
    (filter.tenant ?? tenant) === tenant &&
    (filter.loopId ?? loopId) === loopId &&
    (filter.aggregateId ?? aggregateId) === aggregateId &&
    (filter.runId ?? runId) === runId &&
    (filter.transitionId ?? entry.transitionId) === entry.transitionId &&
    (filter.approvalId ?? entry.approval?.id) === entry.approval?.id
  )
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : 'A listener of the event bus failed.')
}
