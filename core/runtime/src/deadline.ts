import { LoopError, stayAwake, type Clock } from '@loop-engine/core'

/** Lets `work` take at most `ms`; then its signal aborts and `timeout` is thrown, whether it listens or not. */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const finished = new AbortController()
  const alarm = clock.sleep(ms, finished.signal).then(() => {
    if (finished.signal.aborted) return undefined
    late.abort()
    throw new LoopError('timeout', 'A delivery did not finish in time.', { retryable: true })
  })
  const rest = stayAwake()
  try {
    const outcome = await Promise.race([work(late.signal).then((value) => ({ value })), alarm])
    if (outcome === undefined) throw new LoopError('aborted', 'A delivery was given up.')
    return outcome.value
  } finally {
    rest()
    finished.abort('finished')
    // Woken by `finished`, or already thrown above.
    await alarm.catch(() => undefined)
  }
}
