import { LoopError, withTimeout, type Clock } from '@loop-engine/core'

/** Lets `work` take at most `ms`; then aborts its signal and throws `timeout`, whether or not the work stops. */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const late = new AbortController()
  const outcome = await withTimeout(work(late.signal), { clock, timeoutMs: ms })
  if (outcome !== 'late') return outcome.value
  late.abort()
  throw new LoopError('timeout', 'A delivery did not finish in time.', { retryable: true })
}
