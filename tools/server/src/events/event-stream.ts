import { LoopError, type Clock, type CloudEvent } from '@loop-engine/core'
import { deriveEvents, toCloudEvent, type LoopEvent } from '@loop-engine/events'

import type { EventLog, LoggedEntry } from './event-log.ts'

/** A place in the stream: the reader has everything before it. */
export interface Place {
  readonly index: number
  /** The last event of that entry that was read; -1 for none. */
  readonly event: number
}

export interface EventQuery {
  readonly loopId?: string
  readonly aggregateId?: string
  readonly runId?: string
  readonly type?: string
  readonly actorId?: string
}

export interface EventStreamOptions {
  readonly log: EventLog
  readonly tenant: string
  readonly query: EventQuery
  readonly after: Place
  readonly clock: Clock
  /** Ends the stream in good order when the server goes down. */
  readonly signal: AbortSignal
  /** Throws once the credential is no longer accepted. */
  readonly check: () => Promise<void>
  readonly heartbeatMs: number
  /** For how long a reader may leave unread what was sent. */
  readonly stallMs: number
  /** Cuts the connection of a reader who does not read. */
  readonly drop: () => void
  readonly onEnd: () => void
}

const pageSize = 50
const chunkLength = 65_536
const encoder = new TextEncoder()

/**
 * A stream of server-sent events. At most one page is buffered: the next page is read from the log when the last one was
 * sent, so that a slow reader holds up nobody else. A reader that stalls is dropped, and can continue from its last event id.
 */
export function createEventStream(options: EventStreamOptions): ReadableStream<Uint8Array> {
  const { log, tenant, query, clock, signal, heartbeatMs, stallMs, onEnd } = options
  const gone = new AbortController()
  const waiting: string[] = []
  let { after } = options
  let begun = false
  let unread = new AbortController()

  const end = (): void => {
    if (gone.signal.aborted) return
    gone.abort()
    unread.abort()
    onEnd()
  }

  async function next(): Promise<string | null> {
    if (!begun) {
      begun = true
      // With this id a reader that is cut off before its first event continues from here, and not from a later time.
      return `retry: 2000\nid: ${placeText(after)}\n\n`
    }
    if (waiting.length > 0) return takeChunk(waiting)
    await options.check()
    const page = await log.read(tenant, after.index, pageSize)
    waiting.push(...textsOf(page, after, query))
    const last = page.at(-1)
    if (last) after = { index: last.index + 1, event: -1 }
    if (waiting.length > 0) return takeChunk(waiting)
    // The id moves on even if the filter lets nothing pass: otherwise a reader that reconnects would begin far back.
    if (page.length === pageSize) return `id: ${placeText(after)}\n\n`
    if (!last && (await passGone())) return `id: ${placeText(after)}\n\n`
    const round = new AbortController()
    const until = AbortSignal.any([gone.signal, signal, round.signal])
    await Promise.race([log.wait(tenant, after.index, until), clock.sleep(heartbeatMs, until)])
    round.abort()
    return null
  }

  /** Moves past a page of entries that retention dropped. False if the log has nothing more. */
  async function passGone(): Promise<boolean> {
    const size = await log.size(tenant)
    if (size <= after.index) return false
    // Read again: entries that were logged since the first read are not dropped ones.
    const page = await log.read(tenant, after.index, pageSize)
    if (page.length === 0) after = { index: Math.min(size, after.index + pageSize), event: -1 }
    return true
  }

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        unread.abort()
        if (signal.aborted) {
          end()
          return controller.close()
        }
        try {
          const text = (await next()) ?? ':\n\n'
          if (gone.signal.aborted) return
          controller.enqueue(encoder.encode(text))
          unread = new AbortController()
          void watch(unread.signal)
        } catch {
          // The credential has expired, or the store is unavailable. The reader reconnects and is told then.
          end()
          controller.close()
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )

  async function watch(read: AbortSignal): Promise<void> {
    await clock.sleep(stallMs, read)
    if (read.aborted || gone.signal.aborted) return
    end()
    options.drop()
  }
}

/** The events of a page that are behind a place, as server-sent events. */
function textsOf(page: readonly LoggedEntry[], after: Place, query: EventQuery): readonly string[] {
  return eventsOf(page, query)
    .filter(({ place: { index, event } }) => index !== after.index || event > after.event)
    .map(({ place, event }) => `id: ${placeText(place)}\ndata: ${JSON.stringify(event)}\n\n`)
}

/** Takes only as much as a slow connection can read in time: a whole page of large events would look like a stall. */
function takeChunk(waiting: string[]): string {
  let text = ''
  do text += waiting.shift() ?? ''
  while (waiting.length > 0 && text.length + (waiting[0]?.length ?? 0) <= chunkLength)
  return text
}

/** The events of a page that match the query, oldest first. */
export function eventsOf(
  page: readonly LoggedEntry[],
  query: EventQuery,
): readonly { readonly place: Place; readonly event: CloudEvent }[] {
  return page.flatMap(({ index, stored }) =>
    deriveEvents(stored)
      .filter((event) => matches(event, query))
      .map((event) => ({ place: { index, event: event.index }, event: toCloudEvent(event) })),
  )
}

function matches(
  event: LoopEvent,
  { loopId, aggregateId, runId, type, actorId }: EventQuery,
): boolean {
  return (
    (loopId ?? event.loopId) === event.loopId &&
    (aggregateId ?? event.aggregateId) === event.aggregateId &&
    (runId ?? event.runId) === event.runId &&
    (actorId ?? event.actor.id) === event.actor.id &&
    (type === undefined || event.type === type || event.type.startsWith(`${type}.`))
  )
}

export function placeText({ index, event }: Place): string {
  return event < 0 ? `${index}` : `${index}.${event}`
}

/** Reads what `placeText` wrote. Throws `invalid_input` for anything else, so that no gap is silent. */
export function readPlace(text: string, size: number): Place {
  const [, index, event] = /^(\d{1,15})(?:\.(\d{1,6}))?$/.exec(text) ?? []
  // A place without an event may be the end of the log. A place with an event must name an entry in the log.
  if (index !== undefined && Number(index) < size + (event === undefined ? 1 : 0))
    return { index: Number(index), event: event === undefined ? -1 : Number(event) }
  throw new LoopError('invalid_input', 'The last event id does not come from this stream.', {
    path: '/lastEventId',
    hint: 'Send the id of an event of this stream, or none to begin now.',
  })
}
