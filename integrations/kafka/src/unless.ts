import type { LoopError } from '@loop-engine/core'

/** What the work comes to, or `fault` as soon as the signal aborts. The work goes on: the client cannot be told to stop. */
export async function unless<T>(
  signal: AbortSignal,
  fault: () => LoopError,
  work: Promise<T>,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(fault())
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, work])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
