import { systemClock, type Clock } from '@loop-engine/core'

/** Half a second: no test waits so long for what it does not hurry. */
const longMs = 500

/** The time of the system, whose long waits a test may end early: nothing hangs on how fast the machine is. */
export function createHurriedClock(): Clock & { hurry(): void } {
  let hurried = new AbortController()
  return {
    now: systemClock.now,
    async sleep(ms, signal) {
      if (ms < longMs) return systemClock.sleep(ms, signal)
      const until = signal ? AbortSignal.any([signal, hurried.signal]) : hurried.signal
      return systemClock.sleep(ms, until)
    },
    /** Ends every long wait that is under way. */
    hurry() {
      hurried.abort()
      hurried = new AbortController()
    },
  }
}
