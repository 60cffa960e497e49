import type { Clock } from './contracts/clock.ts'
import { stayAwake } from './stay-awake.ts'

/** The value of a promise, or `late` after `timeoutMs`; the work may go on. The timer ends with the promise. */
export async function withTimeout<T>(
  promise: Promise<T>,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<{ readonly value: T } | 'late'> {
  const done = new AbortController()
  const rest = stayAwake()
  try {
    return await Promise.race([
      promise.then((value) => ({ value })),
      clock.sleep(timeoutMs, done.signal).then(() => 'late' as const),
    ])
  } finally {
    rest()
    done.abort('done')
  }
}
