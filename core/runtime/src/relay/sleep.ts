import type { Clock } from '@loop-engine/core'

/** Sleeps so long, or until `woken`. The clock of an application may reject then, as that of node:timers/promises does. */
export async function sleep(clock: Clock, ms: number, woken: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, woken)
  } catch (error) {
    if (!woken.aborted) throw error
  }
}
