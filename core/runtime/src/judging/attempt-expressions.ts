import {
  canonicalize,
  isLoopError,
  sha256Hex,
  type GuardResult,
  type JsonObject,
  type JsonValue,
  type LoopInstance,
  type Transition,
} from '@loop-engine/core'

import type { Attempt } from './attempt.ts'

type EffectInput = {
  readonly value: JsonValue
  readonly text: string
  readonly inputDigest: string
}

/** The exact input of the effect. Its expressions see no clock, so that it is the same at request and at execution. */
export function effectInput(
  { kernel, instance, command, evidence }: Attempt,
  { id, effect }: Transition,
): EffectInput | { failed: GuardResult } {
  try {
    const scope = {
      evidence: evidence.value,
      actor: command.actor,
      instance: scopeOf(instance),
      transition: { id },
    }
    const value: JsonValue = effect?.input
      ? Object.fromEntries(
          Object.entries(effect.input).map(([field, expression]) => [
            field,
            kernel.expressions.compile(expression, 'effect').evaluate(scope),
          ]),
        )
      : evidence.value
    const text = canonicalize(value)
    return { value, text, inputDigest: sha256Hex(text) }
  } catch (error) {
    if (!isLoopError(error)) throw error
    return {
      failed: {
        id: 'effect-input',
        use: 'effect-input',
        severity: 'hard',
        passed: false,
        reason: 'threw',
        message: 'The input of the effect could not be made from this evidence.',
        durationUs: 0,
      },
    }
  }
}

/** Whether policy asks for people. A condition that cannot be evaluated asks for them. */
export function approvalNeeded(
  { kernel, instance, command, evidence }: Attempt,
  { id, approval }: Transition,
  now: number,
): boolean {
  if (!approval?.when) return true
  try {
    const scope = {
      evidence: evidence.value,
      actor: command.actor,
      instance: scopeOf(instance),
      transition: { id },
      now,
    }
    return kernel.expressions.compile(approval.when).evaluate(scope) !== false
  } catch (error) {
    if (!isLoopError(error)) throw error
    return true
  }
}

/** What expressions see of a run: nothing that another commit could change unnoticed. */
function scopeOf({
  tenant,
  loopId,
  aggregateId,
  currentState,
  metadata,
  tags,
}: LoopInstance): JsonObject {
  return { tenant, loopId, aggregateId, currentState, metadata, tags }
}
