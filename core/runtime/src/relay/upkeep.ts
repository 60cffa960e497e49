import type { Kernel } from '../kernel.ts'

const everyMs = 3_600_000

/**
 * Returns a function for the relay to call between two looks at the outbox. Once an hour it deletes what nobody needs any
 * more: idempotency keys older than `limits.keyTtlMs`, and counter windows that ended before that time.
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
      // If the clock was ahead and is set back, the next run does not wait until that time comes again.
      if (now >= lastAt && now - lastAt < everyMs) return
      lastAt = now
      await store.prune(now - limits.keyTtlMs)
    } catch (error) {
      // Keeping rows longer harms nobody; the next hour tries again.
      report(error)
    }
  }
}
