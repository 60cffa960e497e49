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

/** Selects events: those that match every given field. */
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
 * Delivers committed events to subscribers in this process, in order within a run, at most once. Events that must not
 * be missed go through the outbox to a sink instead.
 */
export interface EventBus {
  /** Never throws: when a listener throws, `onError` is called and the other listeners still hear the event. */
  publish(entries: readonly StoredEntry[]): void
  /**
   * Returns a function that ends the subscription. Throws `closed`
   * after `close`, and `invalid_input` for a wrong filter or listener.
   */
  subscribe(filter: EventFilter, listener: EventListener): () => void
  /**
   * Ends when the bus closes, when `signal` aborts, or when the reader leaves its loop. Throws `unavailable` to a
   * reader that is too slow.
   */
  stream(filter?: EventFilter, options?: EventStreamOptions): AsyncIterableIterator<LoopEvent>
  close(): void
}

export interface EventBusOptions {
  /** Called with what a listener throws; by default the process emits a warning. */
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
  // `onError` may fail as well. `publish` must not throw even then, because the commit has not failed.
  const report = quiet(onError, warn)

  const subscribe: EventBus['subscribe'] = (filter, listener) => {
    if (closed) throw new LoopError('closed', 'The event bus is closed.')
    checkFilter(filter)
    if (typeof listener !== 'function')
      throw new LoopError(
        'invalid_input',
        'A subscription needs a listener, which is a function.',
        {
          hint: 'Call subscribe(filter, listener); the filter {} selects every event.',
        },
      )
    const subscription = { filter, listener }
    subscriptions.add(subscription)
    return () => void subscriptions.delete(subscription)
  }

  return {
    subscribe,
    publish(entries) {
      if (closed || subscriptions.size === 0) return
      waiting.push(...entries)
      // When a listener publishes, its entries wait until those before them have been delivered.
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
      // Frozen, because all listeners are handed the same object.
      for (const event of deepFreeze(deriveEvents(entry))) {
        // A listener that subscribes during this event hears the next one first. Otherwise a listener that subscribes
        // again on every event would never end.
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
      // TypeScript lets a listener return any value where `void` is expected, such as `() => ids.delete(id)`.
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

/**
 * Throws `invalid_input` for a filter that would select other events than meant: with a misspelt key, or an undefined
 * tenant, it would hear other tenants; with an unknown type, nothing.
 */
function checkFilter(filter: EventFilter): void {
  refuseStrayKeys(filter, filterKeys, { what: 'A filter of events' })
  if (Object.hasOwn(filter, 'tenant') && typeof filter.tenant !== 'string')
    throw new LoopError('invalid_input', 'The tenant of a filter must be text.', {
      path: '/tenant',
      hint: 'To hear all tenants, leave the tenant out.',
    })
  if (filter.types === undefined) return
  if (Array.isArray(filter.types) && filter.types.every((type) => types.has(type))) return
  throw new LoopError('invalid_input', 'The types of a filter must be a list of event types.', {
    path: '/types',
    hint: `The event types are ${[...types].join(', ')}.`,
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
