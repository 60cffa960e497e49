import { LoopClientError } from './client-error.ts'
import { checkTimeLimit } from './client-options.ts'
import type { CloudEvent } from './schema.ts'
import type { Transport } from './transport.ts'

export interface EventQuery {
  readonly loopId?: string
  readonly aggregateId?: string
  readonly runId?: string
  readonly actorId?: string
  /** A type such as `loop.approval.requested`, or the beginning of one, such as `loop.approval`. */
  readonly type?: string
}

export interface EventOptions extends EventQuery {
  /** The stream begins right behind this event; by default it begins now. */
  readonly lastEventId?: string
  /** Without `lastEventId`, the stream begins this many entries ago. */
  readonly last?: number
  readonly signal?: AbortSignal
  /** Reconnects after this long without data; 60,000 by default. The server sends a sign of life every 15 seconds. */
  readonly silenceMs?: number
  /** Called when the stream is open, at first and after every interruption. */
  readonly onOpen?: () => void
  /** Called when the stream broke off and is about to be opened again. */
  readonly onBreak?: () => void
}

export interface HeardEvent {
  /** Pass it as `lastEventId` to continue behind this event. */
  readonly id: string
  readonly event: CloudEvent
}

/** The longest pause, whatever a server asks for. */
const longestMs = 3_600_000

interface Block {
  readonly id?: string
  readonly data?: string
  readonly retry?: number
}

/**
 * Reads events as they are committed. After an interruption it reconnects, and no event is missed or repeated. Ends when
 * `signal` aborts; throws if the server refuses the stream.
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
      // A web page that a proxy sends instead would be read without ever giving an event.
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

/** Throws for data that is no JSON: if it were skipped, the event would be missed. */
function eventOf(data: string): CloudEvent {
  try {
    // The types are the server's own; see schema.ts.
    return JSON.parse(data) as CloudEvent
  } catch {
    throw noStream()
  }
}

function noStream(): LoopClientError {
  return new LoopClientError('bad_response', 'The answer is not a stream of events.')
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
