import { setTimeout as sleep } from 'node:timers/promises'

import type { Clock } from '@loop-engine/core'

/** The wall clock of this machine. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    sleep(ms, undefined, { ref: false, ...(signal && { signal }) }).catch(() => undefined),
})
