import type { Clock } from '@loop-engine/core'
import QuickLRU from 'quick-lru'

import { HttpError } from './http-error.ts'

export interface RateLimit {
  /** Requests that may come at once. */
  readonly burst: number
  /** Requests a second after that. */
  readonly perSecond: number
}

export interface RateLimiter {
  /** Takes one request from the caller's allowance. Throws `rate_limited` if nothing is left. */
  spend(caller: string): void
}

interface Bucket {
  readonly tokens: number
  readonly at: number
}

const mostCallers = 50_000

/** A token bucket for each caller. Of more than 50,000 callers, those that were silent for longest are forgotten. */
export function createRateLimiter(
  { burst, perSecond }: RateLimit,
  clock: Pick<Clock, 'now'>,
): RateLimiter {
  const buckets = new QuickLRU<string, Bucket>({ maxSize: mostCallers })
  return {
    spend(caller) {
      const at = clock.now()
      const before = buckets.get(caller) ?? { tokens: burst, at }
      const earned = (Math.max(0, at - before.at) / 1000) * perSecond
      const tokens = Math.min(burst, before.tokens + earned)
      if (tokens < 1) {
        buckets.set(caller, { tokens, at })
        throw tooMany(Math.ceil((1 - tokens) / perSecond))
      }
      buckets.set(caller, { tokens: tokens - 1, at })
    },
  }
}

function tooMany(seconds: number): HttpError {
  return new HttpError(429, 'rate_limited', 'Too many requests.', {
    retryable: true,
    headers: { 'retry-after': String(Math.max(1, seconds)) },
  })
}
