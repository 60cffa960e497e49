import type { Clock } from '@loop-engine/core'

const shortestMs = 1000
const longestMs = 30_000
/** A hundred a second. */
const apartMs = 10

/**
 * How long an item that a stop or a suspension holds up waits until it is tried again: a second; longer if many are held up,
 * so that they do not all come back at once, ahead of everything else that is due.
 */
export interface HeldPauses {
  nextMs(): number
}

export function createHeldPauses(clock: Clock): HeldPauses {
  let latest = -Infinity
  return {
    nextMs() {
      const now = clock.now()
      latest = Math.min(Math.max(now + shortestMs, latest + apartMs), now + longestMs)
      return latest - now
    },
  }
}
