import type { Authority } from '@loop-engine/actors'
import { decisionIntakeSchema, LoopError, sha256Hex, type Actor } from '@loop-engine/core'

import { isKey } from '../check-key.ts'
import type { Approvals } from './approvals.ts'
import type { DecisionResult } from './deciding/decide-request.ts'

export interface IntakeOptions {
  readonly approvals: Pick<Approvals, 'decide'>
  /** The authority that the system was made with. Whoever holds it can speak for people: hand it to channels alone. */
  readonly authority: Authority
}

/**
 * Takes the decisions that channels make of authenticated events. The channel says who clicked and how it knows; the
 * approvals judge entitlement, four-eyes, quorum and expiry. A repeated delivery gets the same answer.
 *
 * Throws `invalid_input` with a path for what is not a decision intake; everything else is a result to show.
 */
export type Intake = (decision: unknown) => Promise<DecisionResult>

export function createIntake({ approvals, authority }: IntakeOptions): Intake {
  return async (decision) => {
    const read = decisionIntakeSchema.safeParse(decision)
    if (!read.success) throw malformed(read.error.issues[0]?.path ?? [])
    const { reviewer, assurance, proof, idempotencyKey, ...rest } = read.data
    const person: Actor = {
      type: reviewer.type,
      id: reviewer.id,
      ...(reviewer.onBehalfOf && { onBehalfOf: reviewer.onBehalfOf }),
    }
    return approvals.decide({
      ...rest,
      actor: authority.vouch(person, assurance),
      ...(proof && { proof }),
      ...(idempotencyKey !== undefined && {
        idempotencyKey: keyOf(`${authority.name}:${idempotencyKey}`),
      }),
    })
  }
}

/** A vendor's id of a delivery may be longer than a key, or contain what no key may contain; then it is hashed. */
function keyOf(delivery: string): string {
  return isKey(delivery) ? delivery : sha256Hex(JSON.stringify(delivery))
}

function malformed(path: readonly PropertyKey[]): LoopError {
  return new LoopError('invalid_input', 'A channel handed over something that is no decision.', {
    path: `/${path.map(String).join('/')}`,
    hint: 'See DecisionIntake in @loop-engine/core.',
  })
}
