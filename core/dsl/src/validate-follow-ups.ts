import { parseDuration, type ApprovalPolicy } from '@loop-engine/core'

import { pointer } from './problems.ts'
import { noName } from './stand-ins.ts'
import { quorumProblems } from './validate-quorum.ts'
import type { Checked } from './validate.ts'

/** Who takes a transition that nobody requests, and where it is named. */
interface FollowUp {
  readonly path: string
  readonly id: string | undefined
  /** The state that it must leave. */
  readonly from: string
  readonly actor: 'system' | 'automation'
  readonly misplaced: 'timeout_not_from_state' | 'follow_up_not_from_state'
}

/** Transitions that are taken after a timeout, an effect or an approval. */
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
  // The engine judges a follow-up as it judges any request; one that is never allowed would be stuck.
  if (!transition.actors.includes(actor)) {
    const hint = `Add ${actor} to its actors.`
    const message = `The transition "${id}" is taken here by the actor ${actor}, which it does not allow.`
    report('follow_up_actor', path, message, hint)
  }
  if (transition.roles) {
    const message = `The transition "${id}" asks for a role, and the actor ${actor} that takes it here has none.`
    report('follow_up_role', path, message, 'Remove its roles, or name another transition.')
  }
}

/** Here a role is named as people bear it; nobody bears one that is spelled as reviewers are. */
function roleProblems({ report }: Checked, path: string, roles: readonly string[] = []): void {
  for (const [place, role] of roles.entries()) {
    if (!role.startsWith('role:')) continue
    const message = `Nobody bears the role "${role}": only reviewers are spelled so.`
    const hint = `Write "${role.slice('role:'.length) || '…'}".`
    report('misspelt_role', pointer(path, 'roles', place), message, hint)
  }
}

/** Roles and groups are written in one way; any other is the id of a person, for whom the request would wait in vain. */
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
        const message = `"${reviewer}" is a person of this id, and no ${kind}.`
        const at = pointer(path, key, index, 'reviewers', place)
        report('misspelt_reviewer', at, message, `Write "${kind}:${name || '…'}".`)
      }
}

/** Whatever is to happen while a request waits comes before its end. */
function timerProblems(
  { report }: Checked,
  path: string,
  { expiresIn, remindEvery, escalate = [] }: ApprovalPolicy,
): void {
  const hint = `Make it shorter than "expiresIn", which is ${expiresIn} here.`
  const isTooLate = (after: string): boolean => parseDuration(after) >= parseDuration(expiresIn)
  if (remindEvery !== undefined && isTooLate(remindEvery)) {
    const message = `The request expires before the first reminder, after ${remindEvery}.`
    report('reminder_after_expiry', pointer(path, 'remindEvery'), message, hint)
  }
  for (const [index, { after }] of escalate.entries()) {
    if (!isTooLate(after)) continue
    const message = `The request expires before this escalation, after ${after}.`
    report('escalation_after_expiry', pointer(path, 'escalate', index, 'after'), message, hint)
  }
}
