import type { Kernel } from '../kernel.ts'

const everyMs = 3_600_000

/**
 * Forgets, once an hour, what nobody can retry any more: idempotency keys older than `limits.keyTtlMs` and counter
 * windows that ended before that. Whoever runs a relay calls it between two looks at the outbox.
 */
export function createUpkeep({
  store,
  clock,
  limits,
  report,
}: Pick<Kernel, 'store' | 'clock' | 'limits' | 'report'>): () => Promise<void> {
  let lastAt = -Infinity
  return async () => {
    try {
      const now = clock.now()
      // A clock that was ahead and is set back does not put it off until then.
      if (now >= lastAt && now - lastAt < everyMs) return
      lastAt = now
      await store.prune(now - limits.keyTtlMs)
    } catch (error) {
      // What is kept longer harms nobody; the next hour tries again.
      report(error)
    }
  }
}
