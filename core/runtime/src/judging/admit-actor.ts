import { LoopError, type Actor } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'

/** The actor as it will be recorded; throws `refused` when identity is not good enough. */
export function admitted(kernel: Kernel, input: Actor): Actor {
  const admission = kernel.identity.admit(input)
  if (admission.refused)
    throw new LoopError('refused', admission.message, { details: { reason: admission.refused } })
  return admission.actor
}

/** Only people and the system may change rules and records; an agent or an automation may not (invariant 18). */
export function personOrSystem(kernel: Kernel, input: Actor, what: string): Actor {
  const actor = admitted(kernel, input)
  if (actor.type === 'human' || actor.type === 'system') return actor
  throw new LoopError('refused', `Only a person or the system may ${what}.`, {
    details: { reason: 'actor_type_not_allowed' },
  })
}
