import type { Clock, Identifiers } from '@loop-engine/core'

/** A clock that stands still until `advance` is called. */
export interface TestClock extends Clock {
  /** Moves time and wakes every sleeper whose time has come, in order. */
  advance(ms: number): void
}

export function createTestClock(startAt = Date.UTC(2026, 0, 1)): TestClock {
  let now = startAt
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()
  return {
    now: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = {
          at: now + ms,
          wake: () => {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
    advance(ms) {
      now += ms
      for (const sleeper of [...sleepers].toSorted((a, b) => a.at - b.at)) {
        if (sleeper.at <= now) sleeper.wake()
      }
    },
  }
}

/** Ids and salts that count up, so that two runs of the same commands record the same bytes. */
export function createTestIdentifiers(prefix = 'run'): Identifiers {
  let ids = 0
  let salts = 0
  return {
    id: () => `${prefix}-${String(++ids).padStart(6, '0')}`,
    salt: () => (++salts).toString(16).padStart(32, '0'),
  }
}
