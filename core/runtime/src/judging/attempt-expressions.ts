import {
  canonicalize,
  isLoopError,
  sha256Hex,
  type GuardResult,
  type JsonValue,
  type Transition,
} from '@loop-engine/core'
import { expressionContext, type ExpressionContext } from '@loop-engine/guards'

import type { Attempt } from './attempt.ts'

type EffectInput = {
  readonly value: JsonValue
  readonly text: string
  readonly inputDigest: string
}

/** The exact input of the effect. Its expressions see no clock, so the input is the same at request and at execution. */
export function effectInput(
  attempt: Attempt,
  transition: Transition,
): EffectInput | { failed: GuardResult } {
  const { kernel, evidence } = attempt
  const { effect } = transition
  try {
    const scope = scopeOf(attempt, transition)
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

/** Whether the policy asks for people. A condition that cannot be evaluated asks for them too. */
export function approvalNeeded(attempt: Attempt, transition: Transition, now: number): boolean {
  const { approval } = transition
  if (!approval?.when) return true
  try {
    const scope = { ...scopeOf(attempt, transition), now }
    return attempt.kernel.expressions.compile(approval.when).evaluate(scope) !== false
  } catch (error) {
    if (!isLoopError(error)) throw error
    return true
  }
}

function scopeOf(
  { instance, command, evidence }: Attempt,
  transition: Transition,
): ExpressionContext {
  return expressionContext({ instance, transition, actor: command.actor, evidence: evidence.value })
}
