import { LoopError, type Clock, type CloudEvent } from '@loop-engine/core'
import { deriveEvents, toCloudEvent, type LoopEvent } from '@loop-engine/events'

import type { EventLog, LoggedEntry } from './event-log.ts'

/** A place behind an event: everything up to it was read. */
export interface Place {
  readonly index: number
  /** Among the events of that entry; -1 before its first. */
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
  /** Ends the stream in good order: the server drains. */
  readonly signal: AbortSignal
  /** Throws when the credential is no longer good. */
  readonly check: () => Promise<void>
  readonly heartbeatMs: number
  /** How long a reader may leave what was sent unread. */
  readonly stallMs: number
  /** Ends the connection of a reader who does not read. */
  readonly drop: () => void
  readonly onEnd: () => void
}

const pageSize = 50
const chunkLength = 65_536
const encoder = new TextEncoder()

/**
 * Server-sent events. At most a page is buffered: the next one is read from the log when the last one has left, so that a
 * slow reader holds up itself alone; one that stalls is dropped, and goes on where it was by its last event id.
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
      // A reader that is cut off before the first event comes back to where it began, not to a later now.
      return `retry: 2000\nid: ${placeText(after)}\n\n`
    }
    if (waiting.length > 0) return takeChunk(waiting)
    await options.check()
    const page = await log.read(tenant, after.index, pageSize)
    waiting.push(...textsOf(page, after, query))
    const last = page.at(-1)
    if (last) after = { index: last.index + 1, event: -1 }
    if (waiting.length > 0) return takeChunk(waiting)
    // A reader whose filter lets nothing pass must not begin so far back when it comes again.
    if (page.length === pageSize) return `id: ${placeText(after)}\n\n`
    if (!last && (await passGone())) return `id: ${placeText(after)}\n\n`
    const round = new AbortController()
    const until = AbortSignal.any([gone.signal, signal, round.signal])
    await Promise.race([log.wait(tenant, after.index, until), clock.sleep(heartbeatMs, until)])
    round.abort()
    return null
  }

  /** Goes past a page of entries that retention dropped, or else says that there is none. */
  async function passGone(): Promise<boolean> {
    const size = await log.size(tenant)
    if (size <= after.index) return false
    // Again: what is logged since the first look is not gone.
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
          // The credential is over or the store away: the reader comes again and is told then.
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

/** The events of a page behind a place, each as a server-sent event. */
function textsOf(page: readonly LoggedEntry[], after: Place, query: EventQuery): readonly string[] {
  return eventsOf(page, query)
    .filter(({ place: { index, event } }) => index !== after.index || event > after.event)
    .map(({ place, event }) => `id: ${placeText(place)}\ndata: ${JSON.stringify(event)}\n\n`)
}

/** As much as a slow connection takes in good time: a page of large events would look like a stall. */
function takeChunk(waiting: string[]): string {
  let text = ''
  do text += waiting.shift() ?? ''
  while (waiting.length > 0 && text.length + (waiting[0]?.length ?? 0) <= chunkLength)
  return text
}

/** The events of a page that are asked for, oldest first. */
export function eventsOf(
  page: readonly LoggedEntry[],
  query: EventQuery,
): readonly { readonly place: Place; readonly event: CloudEvent }[] {
  return page.flatMap(({ index, stored }) =>
    deriveEvents(stored)
      .filter((event) => isAskedFor(event, query))
      .map((event) => ({ place: { index, event: event.index }, event: toCloudEvent(event) })),
  )
}

function isAskedFor(
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
  // An event has an entry, which the log holds; behind the last of them is a place, and no event yet.
  if (index !== undefined && Number(index) < size + (event === undefined ? 1 : 0))
    return { index: Number(index), event: event === undefined ? -1 : Number(event) }
  throw new LoopError('invalid_input', 'The last event id was not given by this stream.', {
    path: '/lastEventId',
    hint: 'Send an id of this stream, or none to begin now.',
  })
}
