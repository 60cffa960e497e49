import { LoopError, stayAwake, type Clock, type LoopStore } from '@loop-engine/core'

import { deriveEvents, type LoopEvent } from './derive-events.ts'

export interface TailEventsOptions {
  /** One that can `tail`; without, `unsupported` is thrown. */
  readonly store: LoopStore
  readonly clock: Clock
  /** `default` unless given. */
  readonly tenant?: string
  /** Where to go on: a cursor that was yielded, or `now`; absent for everything there ever was. */
  readonly after?: string
  /** Ends the tail. */
  readonly signal?: AbortSignal
  /** How often to look while the store does not tell; 1,000 by default. */
  readonly pollMs?: number
}

/** The events of one entry, and where to go on behind them. */
export interface TailedEvents {
  readonly cursor: string
  readonly events: readonly LoopEvent[]
}

/**
 * Every event of a tenant, whichever process committed it: none is skipped, those of a run come in order, and a reader
 * that kept its cursor goes on where it was. Ends with `signal`. Store failures are thrown; going on from the cursor is safe.
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
      // Not longer than this: who left off reading in the middle must not keep the process alive.
      await clock
        .sleep(pollMs, AbortSignal.any([bell.signal, ...(signal ? [signal] : [])]))
        .finally(stayAwake())
    }
  } finally {
    await unwatch?.()
  }
}
