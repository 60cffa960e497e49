import type { Transition } from '@loop-engine/core'

import { has, howToRegister, namesOf } from './lookups.ts'
import { pointer, reasonOf } from './problems.ts'
import { evidenceProblems, guardProblems } from './validate-guards.ts'
import type { Checked, ExpressionScope, ValidateOptions } from './validate.ts'

/** Checks what a definition needs from the system that runs it: guards, integrations, channels and expressions. */
export function pluginProblems(checked: Checked, options: ValidateOptions): void {
  for (const [index, transition] of checked.definition.transitions.entries()) {
    const path = `/transitions/${index}`
    for (const [place, guard] of transition.guards.entries()) {
      guardProblems(checked, options, pointer(path, 'guards', place), guard, transition)
    }
    evidenceProblems(checked, options, pointer(path, 'evidence'), transition)
    effectProblems(checked, options, pointer(path, 'effect'), transition)
    channelProblems(checked, options, pointer(path, 'approval'), transition)
    for (const [place, expression, scope] of expressionsOf(transition)) {
      expressionProblems(checked, options, path + place, expression, scope)
    }
  }
}

function effectProblems(
  { report, suggest }: Checked,
  { integrations }: ValidateOptions,
  path: string,
  { effect }: Transition,
): void {
  if (!effect || !integrations) return
  const { integration, action } = effect
  if (!has(integrations, integration)) {
    const hint = suggest(integration, namesOf(integrations)) ?? howToRegister('integrations')
    const message = `No integration "${integration}" is registered.`
    report('unknown_integration', pointer(path, 'integration'), message, hint)
    return
  }
  const actions = 'get' in integrations ? integrations.get(integration)?.actions : undefined
  if (!actions || Object.hasOwn(actions, action)) return
  const message = `The integration "${integration}" has no action "${action}".`
  report('unknown_action', pointer(path, 'action'), message, suggest(action, Object.keys(actions)))
}

function channelProblems(
  { report, suggest }: Checked,
  { channels }: ValidateOptions,
  path: string,
  { approval }: Transition,
): void {
  if (!approval || !channels) return
  const named = [
    { place: pointer(path, 'channels'), names: approval.channels ?? [] },
    ...(approval.escalate ?? []).map((rung, index) => ({
      place: pointer(path, 'escalate', index, 'channels'),
      names: rung.channels ?? [],
    })),
  ]
  for (const { place, names } of named) {
    for (const [index, name] of names.entries()) {
      if (has(channels, name)) continue
      const hint = suggest(name, namesOf(channels)) ?? howToRegister('channels')
      const message = `No channel "${name}" is registered.`
      report('unknown_channel', pointer(place, index), message, hint)
    }
  }
}

function* expressionsOf({
  guards,
  approval,
  effect,
}: Transition): Generator<[string, string, ExpressionScope]> {
  for (const [index, { when }] of guards.entries()) {
    if (when !== undefined) yield [pointer('/guards', index, 'when'), when, 'judgement']
  }
  if (approval?.when !== undefined) yield ['/approval/when', approval.when, 'judgement']
  for (const [field, expression] of Object.entries(effect?.input ?? {})) {
    yield [pointer('/effect/input', field), expression, 'effect']
  }
}

function expressionProblems(
  { report }: Checked,
  { compileExpression }: ValidateOptions,
  path: string,
  expression: string,
  scope: ExpressionScope,
): void {
  try {
    compileExpression?.(expression, scope)
  } catch (error) {
    const names = `evidence, input, actor, instance${scope === 'effect' ? ' and transition' : ', transition and now'}`
    const hint = `CEL compares with == and !=. This expression can use ${names}.`
    report('invalid_expression', path, `The expression does not compile: ${reasonOf(error)}`, hint)
  }
}
