import type { Transition } from '@loop-engine/core'

import { pointer } from './problems.ts'
import type { Checked } from './validate.ts'

/** Transitions that nobody requests: the system takes them after a timeout, an effect or an approval. */
export function followUpProblems(checked: Checked): void {
  const { definition } = checked
  for (const [index, { id, timeout }] of definition.states.entries()) {
    const path = `/states/${index}/timeout/transition`
    if (timeout) followUp(checked, path, timeout.transition, id, 'timeout_not_from_state')
  }
  for (const [index, { from, to, effect, approval }] of definition.transitions.entries()) {
    const path = `/transitions/${index}`
    const leave = (state: string, id: string | undefined, ...place: string[]): void => {
      if (id === undefined) return
      followUp(checked, pointer(path, ...place), id, state, 'follow_up_not_from_state')
    }
    leave(to, effect?.onSuccess, 'effect', 'onSuccess')
    leave(to, effect?.onFailure, 'effect', 'onFailure')
    leave(from, approval?.onReject, 'approval', 'onReject')
    leave(from, approval?.onExpiry, 'approval', 'onExpiry')
    if (approval) quorumProblems(checked, pointer(path, 'approval'), approval)
  }
}

function followUp(
  { transitions, report, suggest }: Checked,
  path: string,
  id: string,
  state: string,
  misplaced: string,
): void {
  const transition = transitions.get(id)
  if (!transition) {
    const hint = suggest(id, [...transitions.keys()])
    report('unknown_transition', path, `The transition "${id}" is not defined.`, hint)
    return
  }
  if (transition.from !== state) {
    report(misplaced, path, `The transition "${id}" does not leave the state "${state}".`)
  }
  if (transition.actors.includes('system') || transition.actors.includes('automation')) return
  report(
    'follow_up_actor',
    path,
    `The transition "${id}" is taken by the system, which it does not allow.`,
    'Add system to its actors.',
  )
}

/** A stage that names fewer people than it needs can never be decided. */
function quorumProblems(
  { report }: Checked,
  path: string,
  { stages }: NonNullable<Transition['approval']>,
): void {
  const isOpen = (reviewer: string): boolean => /^(role:|group:|\*$)/.test(reviewer)
  for (const [index, { reviewers, quorum }] of stages.entries()) {
    if (reviewers.some(isOpen)) continue
    const people = new Set(reviewers.map((reviewer) => reviewer.replace(/^user:/, ''))).size
    if (people >= quorum) continue
    report(
      'impossible_quorum',
      pointer(path, 'stages', index, 'quorum'),
      `Of ${people} named reviewers ${quorum} cannot approve.`,
    )
  }
}
