export { createGuardRegistry, type GuardRegistry } from './registry.ts'
export { expressionContext } from './expressions/expression-context.ts'
export {
  createExpressions,
  type ExpressionContext,
  type ExpressionScope,
  type Expressions,
  type ExpressionsOptions,
  type CompiledExpression,
} from './expressions/expressions.ts'
export {
  createGuardEvaluator,
  type GuardEvaluator,
  type GuardEvaluatorOptions,
  type GuardFacts,
  type GuardsOutcome,
  type MaybePromise,
} from './evaluating/evaluate-guards.ts'
export type { GuardNeed } from './evaluating/prepare-guard.ts'
