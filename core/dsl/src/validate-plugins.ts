import {
  isLoopError,
  type ApprovalPolicy,
  type Guard,
  type GuardSpec,
  type JsonObject,
  type Transition,
} from '@loop-engine/core'

import { pointer } from './problems.ts'
import type { Checked, ExpressionScope, Lookup, ValidateOptions } from './validate.ts'

type Known = ReadonlySet<string> | Lookup<unknown>

/** What a definition asks of the system that runs it: guards, integrations, channels, expressions. */
export function pluginProblems(checked: Checked, options: ValidateOptions): void {
  for (const [index, transition] of checked.definition.transitions.entries()) {
    const path = `/transitions/${index}`
    for (const [place, guard] of transition.guards.entries()) {
      guardProblems(checked, options, pointer(path, 'guards', place), guard)
    }
    evidenceProblems(checked, options, pointer(path, 'evidence'), transition)
    effectProblems(checked, options, pointer(path, 'effect'), transition)
    channelProblems(checked, options, pointer(path, 'approval'), transition)
    for (const [place, expression, scope] of expressionsOf(transition)) {
      expressionProblems(checked, options, path + place, expression, scope)
    }
  }
}

function guardProblems(
  checked: Checked,
  { guards }: ValidateOptions,
  path: string,
  guard: GuardSpec,
): void {
  const { report, suggest } = checked
  if (guard.when !== undefined) {
    if (guard.use === undefined) return
    const hint = 'Keep "when" for an expression or "use" for a registered guard.'
    report('conflicting_guard', path, `The guard "${guard.id}" has both "use" and "when".`, hint)
    return
  }
  const use = guard.use ?? guard.id
  if (!guards) return
  if (!has(guards, use)) {
    const place = guard.use === undefined ? 'id' : 'use'
    const hint = suggest(use, namesOf(guards)) ?? howToRegister('guards')
    report('unknown_guard', pointer(path, place), `No guard "${use}" is registered.`, hint)
    return
  }
  if (!('get' in guards)) return
  const registered = guards.get(use)
  for (const problem of parameterProblems(registered, guard.with ?? {})) {
    const message = `The parameters of the guard "${guard.id}" do not fit: ${problem}`
    report('invalid_guard_parameters', pointer(path, 'with'), message)
  }
  if (registered?.needs?.length) pastProblems(checked, path, guard, registered.needs)
}

/** What never happens was never done too recently, nor ever approved: such a guard always or never passes. */
function pastProblems(
  { transitions, report, suggest }: Checked,
  path: string,
  guard: GuardSpec,
  needs: NonNullable<Guard['needs']>,
): void {
  const about = guard.with?.['transition']
  if (typeof about !== 'string') return
  const place = pointer(path, 'with', 'transition')
  const transition = transitions.get(about)
  if (!transition) {
    const message = `The guard "${guard.id}" asks about the transition "${about}", which is not defined.`
    report('unknown_transition', place, message, suggest(about, [...transitions.keys()]))
  } else if (needs.includes('approvals') && transition.approval) {
    peopleProblems(report, path, guard, transition.approval)
  } else if (needs.includes('approvals')) {
    const message = `The guard "${guard.id}" asks who approved "${about}", which nobody has to approve.`
    report('never_approved', place, message, `Give "${about}" an approval policy.`)
  }
}

/** Nobody votes any more once every stage has its quorum. */
function peopleProblems(
  report: Checked['report'],
  path: string,
  { id, with: parameters }: GuardSpec,
  { stages }: ApprovalPolicy,
): void {
  const people = parameters?.['people']
  const most = stages.reduce((sum, { quorum }) => sum + quorum, 0)
  if (typeof people !== 'number' || people <= most) return
  const message = `The guard "${id}" wants ${people} people to have approved, which is done when ${most} did.`
  report('never_approved', pointer(path, 'with', 'people'), message, 'Raise the quorum.')
}

function parameterProblems(
  guard: { check?: (parameters: JsonObject) => readonly string[] } | undefined,
  parameters: JsonObject,
): readonly string[] {
  try {
    const problems: unknown = guard?.check?.(parameters) ?? []
    if (Array.isArray(problems)) return problems.map(String)
    return ['Its check did not answer with a list.']
  } catch (error) {
    return [reasonOf(error)]
  }
}

/** The schema of a transition is judged by a guard, which then knows what is wrong with it. */
function evidenceProblems(
  { report }: Checked,
  { guards }: ValidateOptions,
  path: string,
  { evidence }: Transition,
): void {
  if (!evidence || !guards || !('get' in guards)) return
  for (const problem of parameterProblems(guards.get('evidence-schema'), { schema: evidence })) {
    report('invalid_evidence_schema', path, `The schema of the evidence is wrong: ${problem}`)
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
    const hint = `CEL compares with == and !=, and sees ${names}.`
    report('invalid_expression', path, `The expression does not compile: ${reasonOf(error)}`, hint)
  }
}

function howToRegister(option: 'guards' | 'integrations' | 'channels'): string {
  return `Register it, as one of \`${option}\`.`
}

/** What the compiler says of the expression is in the hint; its message is the same for all of them. */
function reasonOf(error: unknown): string {
  // A program that lacks a library says nothing about the loop.
  if (isLoopError(error) && error.code === 'invalid_config') throw error
  if (isLoopError(error) && error.hint) return error.hint
  return error instanceof Error ? error.message : 'it was refused.'
}

function has(known: Known, name: string): boolean {
  return 'get' in known ? known.get(name) !== undefined : known.has(name)
}

function namesOf(known: Known): string[] {
  return [...(known.keys?.() ?? [])]
}
