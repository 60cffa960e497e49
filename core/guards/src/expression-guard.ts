import type { Guard, GuardInput, JsonObject } from '@loop-engine/core'

import type { CompiledExpression, Expressions } from './expression.ts'

/** A guard that passes when a CEL expression is true; anything but `true` and `false` is no verdict. */
export function createExpressionGuard(text: string, expressions: Expressions): Guard {
  let compiled: CompiledExpression | undefined
  return {
    contract: 'guard/v1',
    id: 'expression',
    description: 'A CEL expression is true.',
    evaluate(input) {
      compiled ??= expressions.compile(text)
      const { evidence, actor, transition, now } = input
      const instance = visibleInstance(input)
      const passed = compiled.evaluate({
        evidence,
        actor,
        instance,
        transition: { id: transition.id },
        now,
      })
      // A verdict that is not a boolean is refused by whoever asked.
      return { passed: passed as boolean, message: 'The condition of this transition is not met.' }
    },
  }
}

/** Nothing that another commit could change unnoticed. */
function visibleInstance({ instance }: GuardInput): JsonObject {
  const { tenant, loopId, aggregateId, currentState, metadata, tags } = instance
  return { tenant, loopId, aggregateId, currentState, metadata, tags }
}
