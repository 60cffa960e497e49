import { isReservedKey, LoopError, type Actor } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import { takeEvidence, type Evidence } from './evidence.ts'

/** Evidence as this system takes it in. */
export function evidenceOf(
  { limits, redaction, ids }: Kernel,
  input: object | undefined,
): Evidence {
  return takeEvidence(input, {
    bytes: limits.maxEvidenceBytes,
    depth: limits.maxEvidenceDepth,
    redaction,
    salt: ids.salt,
  })
}

/** The actor as it will be recorded; throws `refused` when identity is not good enough. */
export function admitted(kernel: Kernel, input: Actor): Actor {
  const admission = kernel.identity.admit(input)
  if (admission.refused)
    throw new LoopError('refused', admission.message, { details: { reason: admission.refused } })
  return admission.actor
}

/** Changes of rules and records are for people and the system; an agent or automation may not make them (invariant 18). */
export function personOrSystem(kernel: Kernel, input: Actor, what: string): Actor {
  const actor = admitted(kernel, input)
  if (actor.type === 'human' || actor.type === 'system') return actor
  throw new LoopError('refused', `Only a person or the system may ${what}.`, {
    details: { reason: 'actor_type_not_allowed' },
  })
}

export function refuseReserved(aggregateId: string): void {
  if (!isReservedKey(aggregateId)) return
  throw new LoopError('invalid_input', 'A business key may not begin with a dollar sign.', {
    path: '/aggregateId',
  })
}

export function checkKey(value: unknown, path: string): void {
  if (isKey(value)) return
  throw new LoopError('invalid_input', 'An id must be 1 to 256 printable characters.', { path })
}

export function isKey(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= 256 &&
    !/[\u0000-\u001f\u007f]/.test(value) &&
    value.isWellFormed()
  )
}
