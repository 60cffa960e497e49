import type { CallOptions } from './client-options.ts'
import { readEvents, type EventOptions, type EventQuery, type HeardEvent } from './event-reader.ts'
import { itemsOf, pagesAt, type Pages } from './pages.ts'
import type { CloudEvent, Definition, LoopMetrics, VerifyReport } from './schema.ts'
import type { Transport } from './transport.ts'

export interface DefinitionSummary {
  readonly id: string
  readonly version: string
  readonly name: string
  readonly description?: string
  readonly digest: string
  readonly states: number
  readonly transitions: number
}

export interface Records {
  readonly definitions: {
    list(options?: CallOptions): Promise<readonly DefinitionSummary[]>
    get(loopId: string, options?: CallOptions): Promise<Definition>
    /** The definition with this digest, also if a newer one is served. Runs are pinned to a digest. */
    pinned(digest: string, options?: CallOptions): Promise<Definition>
  }
  /** A live stream of events that does not end. After an interruption it continues without a gap. */
  events(options?: EventOptions): AsyncIterableIterator<HeardEvent>
  /** Events that were committed, newest first. */
  activity(
    query?: EventQuery & { readonly limit?: number },
    options?: CallOptions,
  ): Pages<{ readonly place: string; readonly event: CloudEvent }>
  /** Waits until the server has read the whole record, like `verify`; `signal` ends the wait. */
  metrics(
    query?: { readonly loopId?: string },
    options?: CallOptions,
  ): Promise<readonly LoopMetrics[]>
  verify(
    query?: { readonly runId?: string; readonly deep?: boolean },
    options?: CallOptions,
  ): Promise<VerifyReport>
  /** A stream of the record as JSON lines. */
  export(
    query?: { readonly aggregateId?: string; readonly runId?: string; readonly evidence?: boolean },
    options?: CallOptions,
  ): Promise<ReadableStream<Uint8Array>>
  checkpoint(
    options?: CallOptions,
  ): Promise<{ readonly size: number; readonly root: string; readonly note: string | null }>
}

export function createRecords(transport: Transport): Records {
  const { json, whenDone, open } = transport
  return {
    definitions: {
      list: (options) => itemsOf(json({ method: 'GET', path: '/definitions', options })),
      get: (loopId, options) =>
        json({ method: 'GET', path: `/definitions/${encodeURIComponent(loopId)}`, options }),
      pinned: (digest, options) =>
        json({ method: 'GET', path: `/definitions/pinned/${encodeURIComponent(digest)}`, options }),
    },
    events: (options = {}) => readEvents(transport, options),
    activity: pagesAt(transport, '/activity'),
    metrics: (query, options) =>
      itemsOf(whenDone({ method: 'GET', path: '/metrics', query, options })),
    verify: (query, options) => whenDone({ method: 'GET', path: '/verify', query, options }),
    async export(query, options) {
      const { body } = await open({ method: 'GET', path: '/export', query, options })
      return body ?? new ReadableStream()
    },
    checkpoint: (options) => json({ method: 'GET', path: '/checkpoint', options }),
  }
}
