import { LoopError, stayAwake, type Clock, type LoopStore } from '@loop-engine/core'

import { deriveEvents, type LoopEvent } from './derive-events.ts'

export interface TailEventsOptions {
  /** A store with the optional method `tail`; for any other, `unsupported` is thrown. */
  readonly store: LoopStore
  readonly clock: Clock
  /** `default` unless given. */
  readonly tenant?: string
  /** Where to begin: behind a cursor that was yielded before, or at `now`; by default with the first event ever. */
  readonly after?: string
  /** Ends the tail. */
  readonly signal?: AbortSignal
  /**
   * How long to wait, when there is nothing new, before asking the store again; 1,000 by default. `watch` shortens it.
   */
  readonly pollMs?: number
}

/** The events of one entry, and the cursor from which a later call goes on behind them. */
export interface TailedEvents {
  readonly cursor: string
  readonly events: readonly LoopEvent[]
}

/**
 * Yields every event of a tenant, whichever process committed it. None is skipped, and those of one run come in order.
 * A reader that keeps the cursor can go on from it later. Ends when `signal` aborts. Throws what the store throws; it is
 * then safe to go on from the last cursor.
 *
 * @example
 * for await (const { events, cursor } of tailEvents({ store, clock, after: 'now' })) keep(events, cursor)
 */
export async function* tailEvents({
  store,
  clock,
  tenant = 'default',
  after,
  signal,
  pollMs = 1000,
}: TailEventsOptions): AsyncGenerator<TailedEvents, void> {
  if (!store.tail) {
    throw new LoopError('unsupported', 'This store cannot be tailed.', {
      plugin: store.name,
      hint: 'Register a sink, which every store feeds through its outbox.',
    })
  }
  const isOver = (): boolean => signal?.aborted === true
  let bell = new AbortController()
  const unwatch = await store.watch?.(() => bell.abort())
  try {
    for (let cursor = after; !isOver();) {
      bell = new AbortController()
      const page = await store.tail({ tenant, ...(cursor !== undefined && { after: cursor }) })
      for (const item of page.items) {
        if (isOver()) return
        yield { cursor: item.cursor, events: deriveEvents(item.entry) }
      }
      cursor = page.cursor
      if (page.items.length > 0) continue
      // The process is kept alive only while this sleeps: a reader
      // that stopped between two pages must not keep it alive.
      await clock
        .sleep(pollMs, AbortSignal.any([bell.signal, ...(signal ? [signal] : [])]))
        .finally(stayAwake())
    }
  } finally {
    await unwatch?.()
  }
}
