import type { Clock } from '../contracts/clock.ts'

/** Limits attempts by key within a span of time. Counts in this process only, for at most 10,000 keys. */
interface AttemptLimit {
  /** Counts one attempt; false if there were too many. */
  permits(key: string): boolean
}

interface AttemptLimitOptions {
  readonly most: number
  readonly windowMs: number
  readonly clock: Pick<Clock, 'now'>
}

const mostKeys = 10_000

export function createAttemptLimit({ most, windowMs, clock }: AttemptLimitOptions): AttemptLimit {
  const counts = new Map<string, { readonly since: number; readonly count: number }>()
  return {
    permits(key) {
      const before = counts.get(key)
      const current =
        before && clock.now() - before.since < windowMs
          ? { since: before.since, count: before.count + 1 }
          : { since: clock.now(), count: 1 }
      counts.delete(key)
      counts.set(key, current)
      const oldest = counts.size > mostKeys ? counts.keys().next().value : undefined
      if (oldest !== undefined) counts.delete(oldest)
      return current.count <= most
    },
  }
}
