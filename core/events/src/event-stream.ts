import { LoopError } from '@loop-engine/core'

import type { LoopEvent } from './derive-events.ts'

export interface EventStreamOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal
  /**
   * How many events may wait for the reader; 1,000 by default.
   * When more would wait, the stream fails with `unavailable`.
   */
  readonly maxBuffered?: number
}

export interface EventStream {
  readonly events: AsyncIterableIterator<LoopEvent>
  push(event: LoopEvent): void
  end(): void
}

type Reader = (result: IteratorResult<LoopEvent>) => void

const over: IteratorResult<LoopEvent> = { done: true, value: undefined }

/** A queue between one writer and one reader. `onEnd` is called once, when the stream ends for whatever reason. */
export function createEventStream(
  { signal, maxBuffered = 1000 }: EventStreamOptions,
  onEnd: () => void,
): EventStream {
  const buffer: LoopEvent[] = []
  const readers: Reader[] = []
  let ended = false
  let failure: LoopError | undefined

  const end = (): void => {
    if (ended) return
    ended = true
    signal?.removeEventListener('abort', end)
    for (const read of readers.splice(0)) read(over)
    onEnd()
  }

  const push = (event: LoopEvent): void => {
    if (ended) return
    const read = readers.shift()
    if (read) return read({ done: false, value: event })
    buffer.push(event)
    if (buffer.length <= maxBuffered) return
    buffer.pop()
    failure = tooSlow(buffer.at(-1)?.seq)
    end()
  }

  // The reader is given all buffered events before it is told that the stream failed or ended.
  const next = (): Promise<IteratorResult<LoopEvent>> => {
    const value = buffer.shift()
    if (value) return Promise.resolve({ done: false, value })
    if (failure) {
      const error = failure
      failure = undefined
      return Promise.reject(error)
    }
    if (ended) return Promise.resolve(over)
    return new Promise((resolve) => readers.push(resolve))
  }

  const events: AsyncIterableIterator<LoopEvent> = {
    next,
    return() {
      buffer.length = 0
      failure = undefined
      end()
      return Promise.resolve(over)
    },
    [Symbol.asyncIterator]: () => events,
  }

  if (signal?.aborted) queueMicrotask(end)
  else signal?.addEventListener('abort', end, { once: true })
  return { events, push, end }
}

function tooSlow(seq: number | undefined): LoopError {
  return new LoopError('unavailable', 'A reader of the event stream was too slow.', {
    retryable: true,
    hint: 'Read the missed events from the history of the run, then subscribe again.',
    details: { lastSeq: seq },
  })
}
