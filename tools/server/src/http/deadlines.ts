import { LoopError, type Clock } from '@loop-engine/core'

export interface Deadlines {
  /** Resolves like the work, or rejects with `timeout` if it takes too long. The work itself goes on. */
  race<Result>(work: Promise<Result>): Promise<Result>
}

interface Waiting {
  /** The number of the check after which the request is given up. */
  readonly until: number
  readonly giveUp: (error: LoopError) => void
}

/** Checks all requests at intervals: a timer for each would cost more than most requests do. */
export function createDeadlines(clock: Pick<Clock, 'sleep'>, timeoutMs: number): Deadlines {
  const waiting = new Set<Waiting>()
  const everyMs = Math.max(10, timeoutMs / 20)
  // One more, because the next check may be due at once.
  const patience = Math.ceil(timeoutMs / everyMs) + 1
  // Counts checks and reads no clock: setting a clock would end requests that have just begun, or none for long.
  let checks = 0
  let watching = false

  async function watch(): Promise<void> {
    watching = true
    while (waiting.size > 0) {
      await clock.sleep(everyMs)
      checks += 1
      // In the order of their deadlines, so that the first request with time left ends the check.
      for (const one of waiting) {
        if (one.until > checks) break
        waiting.delete(one)
        one.giveUp(
          new LoopError('timeout', 'The request took too long; its outcome is unknown.', {
            retryable: true,
          }),
        )
      }
    }
    watching = false
  }

  return {
    race: (work) =>
      new Promise((resolve, reject) => {
        const mine = { until: checks + patience, giveUp: reject }
        waiting.add(mine)
        const settle = (): void => void waiting.delete(mine)
        work.then(resolve, reject).finally(settle).catch(reject)
        if (!watching) void watch()
      }),
  }
}
