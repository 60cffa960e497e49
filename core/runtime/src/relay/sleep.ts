import type { Clock } from '@loop-engine/core'

/** Sleeps for `ms`, or until `woken` aborts; a clock that then rejects, as node:timers/promises does, is no error. */
export async function sleep(clock: Clock, ms: number, woken: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, woken)
  } catch (error) {
    if (!woken.aborted) throw error
  }
}
