import { LoopError, type Clock } from '@loop-engine/core'

export interface Deadlines {
  /** The result of the work, or `timeout` when it takes longer than is allowed; the work itself goes on. */
  race<Result>(work: Promise<Result>): Promise<Result>
}

interface Waiting {
  /** The look at which it is given up. */
  readonly until: number
  readonly giveUp: (error: LoopError) => void
}

/** One watch for all requests: a timer for each would cost more than most requests do. */
export function createDeadlines(clock: Pick<Clock, 'sleep'>, timeoutMs: number): Deadlines {
  const waiting = new Set<Waiting>()
  const everyMs = Math.max(10, timeoutMs / 20)
  // One more: the next look may be under way.
  const patience = Math.ceil(timeoutMs / everyMs) + 1
  // Counted in looks: a clock that is set anew would end what has just begun, or nothing for long.
  let looks = 0
  let watching = false

  async function watch(): Promise<void> {
    watching = true
    while (waiting.size > 0) {
      await clock.sleep(everyMs)
      looks += 1
      // In the order in which they came, so that the first who may wait ends the look.
      for (const one of waiting) {
        if (one.until > looks) break
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
        const mine = { until: looks + patience, giveUp: reject }
        waiting.add(mine)
        const settle = (): void => void waiting.delete(mine)
        work.then(resolve, reject).finally(settle).catch(reject)
        if (!watching) void watch()
      }),
  }
}
