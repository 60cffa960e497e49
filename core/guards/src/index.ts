export { createGuardRegistry, type GuardRegistry } from './registry.ts'
export { expressionContext } from './expression-context.ts'
export {
  createExpressions,
  type ExpressionContext,
  type ExpressionScope,
  type Expressions,
  type ExpressionsOptions,
  type CompiledExpression,
} from './expression.ts'
export {
  createGuardEvaluator,
  type GuardEvaluator,
  type GuardEvaluatorOptions,
  type GuardFacts,
  type GuardsOutcome,
  type MaybePromise,
} from './evaluate-guards.ts'
export type { GuardNeed } from './prepare-guard.ts'
