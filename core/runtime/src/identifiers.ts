import { randomBytes } from 'node:crypto'

import type { Identifiers } from '@loop-engine/core'

/**
 * Random ids (time-ordered, RFC 9562 version 7) and salts, drawn in blocks because the system call is expensive. Ids of one
 * millisecond are numbered, so that the newer of two runs has the greater id.
 */
export function createIdentifiers(): Identifiers {
  let pool = ''
  let used = 0
  let latest = 0
  let count = 0
  const take = (digits: number): string => {
    if (used + digits > pool.length) {
      pool = randomBytes(4096).toString('hex')
      used = 0
    }
    used += digits
    return pool.slice(used - digits, used)
  }
  const tick = (): void => {
    const now = Date.now()
    count = now > latest ? 0 : (count + 1) % 4096
    if (now > latest) latest = now
    else if (count === 0) latest += 1
  }
  return Object.freeze({
    id: () => {
      tick()
      const time = latest.toString(16).padStart(12, '0')
      const place = count.toString(16).padStart(3, '0')
      const random = take(15)
      return `${time.slice(0, 8)}-${time.slice(8)}-7${place}-a${random.slice(0, 3)}-${random.slice(3)}`
    },
    salt: () => take(32),
  })
}
