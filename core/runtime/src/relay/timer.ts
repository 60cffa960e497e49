import type { Actor } from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'

/** Who takes what nobody requests, when its time has come. */
export const timerActor: Actor = Object.freeze({ type: 'system', id: 'system:timer' })

/** Puts a timer off that is due later than the outbox says; null when it is due. */
export function whenEarly({ clock }: Kernel, dueAt: number): Delivery | null {
  const afterMs = dueAt - clock.now()
  return afterMs > 0 ? { kind: 'retry', error: 'early: The timer is not due.', afterMs } : null
}

/** Puts a timer off that a stop or a hard limit holds up. */
export function heldUp({ held }: Kernel, reason: string, what: 'timeout' | 'expiry'): Delivery {
  return { kind: 'retry', error: `${reason}: The ${what} is held up.`, afterMs: held.nextMs() }
}
