import { LoopClientError } from './client-error.ts'
import { checkTimeLimit } from './client-options.ts'
import type { CloudEvent } from './schema.ts'
import type { Transport } from './transport.ts'

export interface EventQuery {
  readonly loopId?: string
  readonly aggregateId?: string
  readonly runId?: string
  readonly actorId?: string
  /** A type such as `loop.approval.requested`, or its beginning `loop.approval`. */
  readonly type?: string
}

export interface EventOptions extends EventQuery {
  /** Goes on right behind this event; without it the stream begins now. */
  readonly lastEventId?: string
  /** Begins so many entries ago. */
  readonly last?: number
  readonly signal?: AbortSignal
  /** Reconnects when nothing was heard for so long; the server sends a sign of life every 15 seconds. */
  readonly silenceMs?: number
  /** Told when the stream stands, first and after every interruption. */
  readonly onOpen?: () => void
  /** Told when the stream broke off and is about to be opened again. */
  readonly onBreak?: () => void
}

export interface HeardEvent {
  /** Give it back as `lastEventId` to go on behind it. */
  readonly id: string
  readonly event: CloudEvent
}

/** Whatever a busy server asks for, it is asked again within the hour. */
const longestMs = 3_600_000

interface Block {
  readonly id?: string
  readonly data?: string
  readonly retry?: number
}

/**
 * Events as they are committed, for ever: an interruption is bridged, and nothing is missed or comes twice. Ends with
 * `signal`; throws when the server refuses the stream.
 */
export async function* readEvents(
  { open, sleep }: Pick<Transport, 'open' | 'sleep'>,
  { lastEventId, last, signal, silenceMs = 60_000, onOpen, onBreak, ...query }: EventOptions,
): AsyncGenerator<HeardEvent> {
  checkTimeLimit('silenceMs', 'invalid_input', silenceMs)
  let place = lastEventId
  let retryMs = 2000
  while (!signal?.aborted) {
    let askedMs = 0
    const over = new AbortController()
    const end = (): void => over.abort()
    signal?.addEventListener('abort', end, { once: true })
    try {
      const response = await open({
        method: 'GET',
        path: '/events',
        query: { ...query, ...(place === undefined ? { last } : { lastEventId: place }) },
        options: { signal: over.signal },
      })
      // A page that some proxy puts there would be read for ever, and nothing heard.
      if (!/^text\/event-stream\b/i.test(response.headers.get('content-type') ?? ''))
        throw noStream()
      onOpen?.()
      for await (const { id, data, retry } of blocksOf(response, sleep, silenceMs, over)) {
        retryMs = Math.min(retry ?? retryMs, longestMs)
        place = id ?? place
        if (id !== undefined && data !== undefined) yield { id, event: eventOf(data) }
      }
    } catch (error) {
      if (error instanceof LoopClientError && !error.retryable && error.code !== 'aborted')
        throw error
      if (error instanceof LoopClientError) askedMs = Math.min(error.retryAfterMs ?? 0, longestMs)
    } finally {
      over.abort()
      signal?.removeEventListener('abort', end)
    }
    if (!signal?.aborted) onBreak?.()
    await sleep(Math.max(retryMs, askedMs), signal)
  }
}

/** The blocks of a stream of server-sent events until it ends, breaks off or falls silent. */
async function* blocksOf(
  response: Response,
  sleep: Transport['sleep'],
  silenceMs: number,
  over: AbortController,
): AsyncGenerator<Block> {
  const reader = response.body?.getReader()
  if (!reader) return
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const heard = new AbortController()
      void sleep(silenceMs, heard.signal).then(() => !heard.signal.aborted && over.abort())
      const { done, value } = await reader.read().finally(() => heard.abort())
      if (done) return
      text += decoder.decode(value, { stream: true })
      const blocks = text.split(/\r\n\r\n|\n\n|\r\r/)
      text = blocks.pop() ?? ''
      for (const block of blocks) yield parse(block)
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

/** What cannot be read is told: passed over, it would be missed. */
function eventOf(data: string): CloudEvent {
  try {
    // The types are the server's own; see schema.ts.
    return JSON.parse(data) as CloudEvent
  } catch {
    throw noStream()
  }
}

function noStream(): LoopClientError {
  return new LoopClientError('bad_response', 'The server did not answer with a stream of events.')
}

function parse(block: string): Block {
  const fields = new Map<string, string>()
  for (const line of block.split(/\r\n|\n|\r/)) {
    const at = line.indexOf(':')
    if (at <= 0) continue
    const [name, value] = [line.slice(0, at), line.slice(at + 1).replace(/^ /, '')]
    const before = name === 'data' ? fields.get('data') : undefined
    fields.set(name, before === undefined ? value : `${before}\n${value}`)
  }
  const [id, data, retry] = [fields.get('id'), fields.get('data'), Number(fields.get('retry'))]
  return {
    ...(id !== undefined && { id }),
    ...(data !== undefined && { data }),
    ...(Number.isInteger(retry) && retry > 0 && { retry }),
  }
}
