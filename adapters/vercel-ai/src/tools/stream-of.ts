/** Yields what `start` emits while it runs; its value, if it emits nothing. Throws what `start` throws. */
export async function* streamOf(
  start: (emit: (part: unknown) => void) => Promise<unknown>,
): AsyncGenerator<unknown> {
  const waiting: unknown[] = []
  let wake = (): void => {}
  let emitted = false
  let ended = false
  const whole = start((part) => {
    emitted = true
    waiting.push(part)
    wake()
  })
  const over = (): void => {
    ended = true
    wake()
  }
  whole.then(over, over)
  while (!ended || waiting.length > 0) {
    if (waiting.length > 0) yield waiting.shift()
    else
      await new Promise<void>((resolve) => {
        wake = resolve
      })
  }
  const value = await whole
  if (!emitted) yield value
}

/** Waits for a result. If it is a stream, emits every part and returns the last. */
export async function finish(result: unknown, emit?: (part: unknown) => void): Promise<unknown> {
  if (!isAsyncIterable(result)) return result
  let last: unknown
  for await (const part of result) {
    last = part
    emit?.(part)
  }
  return last
}

/** Whether `execute` is known to return a stream before it is called. */
export function isGenerator(execute: unknown): boolean {
  return typeof execute === 'function' && execute.constructor.name === 'AsyncGeneratorFunction'
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
