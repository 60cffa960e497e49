import type { Guard } from '@loop-engine/core'

import { expressionContext } from './expression-context.ts'
import type { CompiledExpression, Expressions } from './expressions.ts'

/** A guard that passes when a CEL expression is true; anything but `true` and `false` is no verdict. */
export function createExpressionGuard(text: string, expressions: Expressions): Guard {
  let compiled: CompiledExpression | undefined
  return {
    contract: 'guard/v1',
    id: 'expression',
    description: 'A CEL expression is true.',
    evaluate(input) {
      compiled ??= expressions.compile(text)
      const passed = compiled.evaluate({ ...expressionContext(input), now: input.now })
      // The evaluator refuses a verdict that is not a boolean.
      return { passed: passed as boolean, message: 'The condition of this transition is not met.' }
    },
  }
}
