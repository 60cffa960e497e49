import { randomBytes } from 'node:crypto'

import type { Clock, Identifiers } from '@loop-engine/core'

/** The wall clock of this machine. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  // That of node:timers/promises makes an error for whoever is woken early.
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const wake = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(ms, 2_147_483_647)).unref()
      signal?.addEventListener('abort', wake)
    })
  },
})

/** Random ids (time-ordered, RFC 9562 version 7) and salts, drawn in blocks because the system call is the cost. */
export function createIdentifiers(): Identifiers {
  let pool = ''
  let used = 0
  const take = (digits: number): string => {
    if (used + digits > pool.length) {
      pool = randomBytes(4096).toString('hex')
      used = 0
    }
    used += digits
    return pool.slice(used - digits, used)
  }
  return Object.freeze({
    id: () => {
      const time = Date.now().toString(16).padStart(12, '0')
      const random = take(18)
      return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-a${random.slice(3, 6)}-${random.slice(6)}`
    },
    salt: () => take(32),
  })
}
