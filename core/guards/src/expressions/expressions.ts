import { LoopError, type Actor, type JsonObject, type JsonValue } from '@loop-engine/core'
import type { Environment, ParseResult } from '@marcbachmann/cel-js'

import { loadCel } from '../load-libraries.ts'
import { createTimeLimit, type TimeLimit } from '../time-limit.ts'
import {
  measureExpression,
  mayTakeLong,
  refuseCostly,
  type ExpressionCost,
} from './expression-cost.ts'
import { toJson } from './expression-result.ts'

/** What an expression sees. Without `now`, as in an effect's input, it cannot ask for the time. */
export interface ExpressionContext {
  readonly evidence: JsonObject
  readonly actor: Actor
  readonly instance: JsonObject
  readonly transition: JsonObject
  /** Epoch milliseconds. */
  readonly now?: number
}

/** `judgement` knows the time of the attempt; `effect` has no clock, because its value must be the same later. */
export type ExpressionScope = 'judgement' | 'effect'

export interface CompiledExpression {
  /** Pure. Throws `invalid_input` if it has no value in this context, and `too_large` if it would cost too much. */
  evaluate(context: ExpressionContext): JsonValue
}

/** Compiles CEL and remembers what it compiled. */
export interface Expressions {
  /** Throws `invalid_definition` with a hint. */
  compile(text: string, scope?: ExpressionScope): CompiledExpression
}

export interface ExpressionsOptions {
  /** Expressions remembered, 10,000 by default; beyond it the oldest is forgotten. */
  readonly maxCached?: number
}

const longestMs = 500
const mostCharacters = 4096

/** `input` is short for `evidence.input`, which is where the arguments of a governed call are. */
const variables = ['evidence', 'input', 'actor', 'instance', 'transition'] as const

/** CEL in which numbers of JSON mix with whole numbers, the cost is bounded, and no regular expressions run. */
export function createExpressions({ maxCached = 10_000 }: ExpressionsOptions = {}): Expressions {
  let environments: Record<ExpressionScope, Environment> | undefined
  const compiled = new Map<string, CompiledExpression>()
  const limit = createTimeLimit(longestMs)

  return {
    compile(text, scope = 'judgement') {
      if (typeof text !== 'string') throw invalidExpression('It is no text.')
      const key = `${scope}\n${text}`
      const known = compiled.get(key)
      if (known) return known
      if (text.length > mostCharacters) throw invalidExpression('It is too long.')
      environments ??= createEnvironments()
      const expression = compileIn(environments[scope], text, limit)
      const oldest = compiled.size >= maxCached ? compiled.keys().next().value : undefined
      if (oldest !== undefined) compiled.delete(oldest)
      compiled.set(key, expression)
      return expression
    },
  }
}

function createEnvironments(): Record<ExpressionScope, Environment> {
  const effect = createEnvironment()
  return { effect, judgement: effect.clone().registerVariable('now', 'int') }
}

function createEnvironment(): Environment {
  const { Environment } = loadCel()
  const environment = new Environment({
    homogeneousAggregateLiterals: false,
    limits: {
      maxAstNodes: 512,
      maxDepth: 32,
      maxListElements: 256,
      maxMapEntries: 256,
      maxCallArguments: 8,
    },
  })
  for (const variable of variables) environment.registerVariable(variable, 'dyn')

  // JSON has one kind of number and CEL has three; without these operators `evidence.count + 1` would be an error.
  const arithmetic = {
    '+': (a: number, b: number) => a + b,
    '-': (a: number, b: number) => a - b,
    '*': (a: number, b: number) => a * b,
    '/': (a: number, b: number) => a / b,
    '%': (a: number, b: number) => a % b,
  }
  for (const [operator, apply] of Object.entries(arithmetic)) {
    const widened = (a: number | bigint, b: number | bigint): number => apply(Number(a), Number(b))
    environment.registerOperator(`int ${operator} double: double`, widened)
    environment.registerOperator(`double ${operator} int: double`, widened)
  }
  return environment.registerOperator('double % double: double', arithmetic['%'])
}

function compileIn(environment: Environment, text: string, limit: TimeLimit): CompiledExpression {
  const program = parse(environment, text)
  const cost = measureExpression(program.ast)
  if (cost.refused !== undefined) throw invalidExpression(cost.refused)
  const checked = program.check()
  if (!checked.valid) throw invalidExpression(checked.error?.summary ?? '', checked.error)
  return { evaluate: (context) => evaluate(program, cost, context, limit) }
}

function evaluate(
  program: ParseResult,
  cost: ExpressionCost,
  context: ExpressionContext,
  limit: TimeLimit,
): JsonValue {
  const { evidence, actor, instance, transition, now } = context
  refuseCostly(cost, context)
  const scope: Record<string, unknown> = {
    evidence,
    input: evidence['input'] ?? null,
    actor,
    instance,
    transition,
  }
  if (now !== undefined) scope['now'] = BigInt(Math.floor(now))
  let value: readonly [unknown] | 'late'
  try {
    value = mayTakeLong(cost, context) ? limit(() => [program(scope)]) : [program(scope)]
  } catch (error) {
    // The original error may quote evidence, so only its code and position are passed on.
    const { code, range } = error as { code?: unknown; range?: { start: number } }
    throw new LoopError('invalid_input', 'An expression has no value for this input.', {
      path: '/evidence',
      hint: 'Guard what may be absent with has(…), and compare values of one type.',
      details: { code: typeof code === 'string' ? code : 'error', position: range?.start },
    })
  }
  if (value === 'late')
    throw new LoopError('too_large', 'An expression takes too long for this input.', {
      path: '/evidence',
      hint: 'Attach shorter lists, or compare fewer of them.',
    })
  return toJson(value[0])
}

function parse(environment: Environment, text: string): ParseResult {
  try {
    return environment.parse(text)
  } catch (cause) {
    throw invalidExpression((cause as { summary?: string }).summary ?? '', cause)
  }
}

function invalidExpression(hint: string, cause?: unknown): LoopError {
  const { range } = (cause ?? {}) as { range?: { start: number } }
  return new LoopError('invalid_definition', 'An expression could not be compiled.', {
    hint: hint.slice(0, 300),
    details: range && { position: range.start },
    cause,
  })
}
