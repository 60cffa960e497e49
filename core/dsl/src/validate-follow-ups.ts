import { parseDuration, type ApprovalPolicy } from '@loop-engine/core'

import { pointer } from './problems.ts'
import { noName } from './stand-ins.ts'
import { quorumProblems } from './validate-quorum.ts'
import type { Checked } from './validate.ts'

/** A transition that the engine takes without a request, where it is named, and the actor that takes it. */
interface FollowUp {
  readonly path: string
  readonly id: string | undefined
  /** The state that the transition must leave. */
  readonly from: string
  readonly actor: 'system' | 'automation'
  readonly misplaced: 'timeout_not_from_state' | 'follow_up_not_from_state'
}

/** Checks the transitions that are taken after a timeout, an effect or an approval, and the approval policies. */
export function followUpProblems(checked: Checked): void {
  const { definition } = checked
  for (const [index, { id, timeout }] of definition.states.entries()) {
    const path = `/states/${index}/timeout/transition`
    const misplaced = 'timeout_not_from_state'
    followUp(checked, { path, id: timeout?.transition, from: id, actor: 'system', misplaced })
  }
  const misplaced = 'follow_up_not_from_state'
  for (const [index, { from, to, roles, effect, approval }] of definition.transitions.entries()) {
    const path = `/transitions/${index}`
    roleProblems(checked, path, roles)
    for (const name of ['onSuccess', 'onFailure'] as const) {
      const place = pointer(path, 'effect', name)
      const id = effect?.[name]
      followUp(checked, { path: place, id, from: to, actor: 'automation', misplaced })
    }
    for (const name of ['onReject', 'onExpiry'] as const) {
      const place = pointer(path, 'approval', name)
      followUp(checked, { path: place, id: approval?.[name], from, actor: 'system', misplaced })
    }
    if (approval) {
      quorumProblems(checked, pointer(path, 'approval'), approval)
      reviewerProblems(checked, pointer(path, 'approval'), approval)
      timerProblems(checked, pointer(path, 'approval'), approval)
    }
  }
}

function followUp(
  { transitions, report, suggest }: Checked,
  { path, id, from, actor, misplaced }: FollowUp,
): void {
  if (id === undefined) return
  const transition = transitions.get(id)
  if (!transition) {
    const hint = suggest(id, [...transitions.keys()])
    report('unknown_transition', path, `The transition "${id}" is not defined.`, hint)
    return
  }
  if (transition.from !== from && ![transition.from, from].includes(noName)) {
    report(misplaced, path, `The transition "${id}" does not leave the state "${from}".`)
  }
  // The engine judges a follow-up like any request; if its actor is never allowed, the run is stuck.
  if (!transition.actors.includes(actor)) {
    const hint = `Add ${actor} to the actors of "${id}".`
    const message = `The actor ${actor} takes the transition "${id}" here, but "${id}" does not allow it.`
    report('follow_up_actor', path, message, hint)
  }
  if (transition.roles) {
    const message = `The actor ${actor} takes the transition "${id}" here, but "${id}" requires a role, which ${actor} never has.`
    const hint = `Remove the roles of "${id}", or name another transition.`
    report('follow_up_role', path, message, hint)
  }
}

/** `roles` holds plain names of roles; the prefix `role:` belongs to reviewers. */
function roleProblems({ report }: Checked, path: string, roles: readonly string[] = []): void {
  for (const [place, role] of roles.entries()) {
    if (!role.startsWith('role:')) continue
    const message = `The role "${role}" has the prefix "role:", which only reviewers have.`
    const hint = `Write "${role.slice('role:'.length) || '…'}".`
    report('misspelt_role', pointer(path, 'roles', place), message, hint)
  }
}

/**
 * A role or a group is written `role:x` or `group:x`. A misspelt prefix would be read as the id of a person, and the
 * request would wait for somebody who does not exist.
 */
function reviewerProblems(
  { report }: Checked,
  path: string,
  { stages, escalate = [] }: ApprovalPolicy,
): void {
  for (const [key, rungs] of Object.entries({ stages, escalate }))
    for (const [index, { reviewers }] of rungs.entries())
      for (const [place, reviewer] of reviewers.entries()) {
        const [, prefix, name] = /^\W*(role|group)s?\s*:\s*([^'"’”]*)/i.exec(reviewer) ?? []
        const kind = prefix?.toLowerCase()
        if (!kind || /^(role|group):\S/.test(reviewer)) continue
        const message = `"${reviewer}" would be the id of a person, not a ${kind}.`
        const at = pointer(path, key, index, 'reviewers', place)
        report('misspelt_reviewer', at, message, `Write "${kind}:${name || '…'}".`)
      }
}

/** Reminders and escalations must come before the request expires. */
function timerProblems(
  { report }: Checked,
  path: string,
  { expiresIn, remindEvery, escalate = [] }: ApprovalPolicy,
): void {
  const hint = `Make it shorter than "expiresIn", which is ${expiresIn} here.`
  const isTooLate = (after: string): boolean => parseDuration(after) >= parseDuration(expiresIn)
  if (remindEvery !== undefined && isTooLate(remindEvery)) {
    const message = `The request expires before the first reminder, which comes after ${remindEvery}.`
    report('reminder_after_expiry', pointer(path, 'remindEvery'), message, hint)
  }
  for (const [index, { after }] of escalate.entries()) {
    if (!isTooLate(after)) continue
    const message = `The request expires before this escalation, which comes after ${after}.`
    report('escalation_after_expiry', pointer(path, 'escalate', index, 'after'), message, hint)
  }
}
