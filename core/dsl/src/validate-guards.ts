import type { ApprovalPolicy, Guard, GuardSpec, JsonObject, Transition } from '@loop-engine/core'

import { has, howToRegister, namesOf } from './lookups.ts'
import { pointer, reasonOf } from './problems.ts'
import type { Checked, ValidateOptions } from './validate.ts'

/** Checks that a guard is registered, that its parameters fit, and that it can ever pass. */
export function guardProblems(
  checked: Checked,
  { guards }: ValidateOptions,
  path: string,
  guard: GuardSpec,
  guarded: Transition,
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
  if (approvedBefore.has(use) && guard.with?.['transition'] === guarded.id) {
    const message = `The guard "${guard.id}" asks who approved "${guarded.id}", but guards of "${guarded.id}" are judged before its approval.`
    const hint =
      'Name an earlier transition. The "approval" of a transition is enforced without a guard.'
    report('never_approved', pointer(path, 'with', 'transition'), message, hint)
  }
}

/** The built-in guards that pass only if another transition was approved before. */
const approvedBefore: ReadonlySet<string> = new Set(['approval-obtained', 'four-eyes'])

/**
 * Checks the transition that a guard asks about. If it is not defined, a cooldown would always pass; if nobody has to
 * approve it, a guard that asks for its approvals would never pass.
 */
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
    const message = `The guard "${guard.id}" asks who approved "${about}", but "${about}" needs no approval.`
    report('never_approved', place, message, `Give "${about}" an approval policy.`)
  }
}

/** A guard cannot ask for more people than the quorums add up to: voting ends once every stage has its quorum. */
function peopleProblems(
  report: Checked['report'],
  path: string,
  { id, with: parameters }: GuardSpec,
  { stages }: ApprovalPolicy,
): void {
  const people = parameters?.['people']
  const most = stages.reduce((sum, { quorum }) => sum + quorum, 0)
  if (typeof people !== 'number' || people <= most) return
  const message = `The guard "${id}" asks for ${people} people who approved, but the approval is complete after ${most}.`
  report('never_approved', pointer(path, 'with', 'people'), message, 'Raise the quorum.')
}

function parameterProblems(
  guard: { check?: (parameters: JsonObject) => readonly string[] } | undefined,
  parameters: JsonObject,
): readonly string[] {
  try {
    const problems: unknown = guard?.check?.(parameters) ?? []
    if (Array.isArray(problems)) return problems.map(String)
    return ['The check of the guard did not return a list.']
  } catch (error) {
    return [reasonOf(error)]
  }
}

/** Checks the evidence schema of a transition with the guard `evidence-schema`, which judges by it at run time. */
export function evidenceProblems(
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
