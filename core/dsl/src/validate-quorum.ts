import { spellingOf, type ApprovalPolicy } from '@loop-engine/core'

import { pointer } from './problems.ts'
import type { Checked } from './validate.ts'

/**
 * Whoever approves at one stage has no vote at another: stages that name too few people can never be decided. Those whom an
 * escalation adds may approve at any.
 */
export function quorumProblems(
  { report }: Checked,
  path: string,
  { stages, escalate = [] }: ApprovalPolicy,
): void {
  const added = escalate.flatMap(({ reviewers }) => reviewers)
  const named = new Set<string>()
  let needed = 0
  for (const { index, quorum, people } of smallestFirst(stages, added)) {
    for (const person of people) named.add(person)
    const isEnough = people.size >= quorum && named.size >= needed + quorum
    needed = Math.min(needed + quorum, named.size)
    if (isEnough) continue
    report(
      'impossible_quorum',
      pointer(path, 'stages', index, 'quorum'),
      `Of ${people.size} named reviewers ${quorum} cannot approve.`,
      people.size < quorum ? undefined : 'Name others than those whom other stages need.',
    )
  }
}

/** The stages at which nobody but those who are named may approve. */
function smallestFirst(
  stages: ApprovalPolicy['stages'],
  added: readonly string[],
): readonly { index: number; quorum: number; people: ReadonlySet<string> }[] {
  return stages
    .map(({ reviewers, quorum }, index) => {
      const named = [...reviewers, ...added]
      const people = named.some(standsForMany) ? [] : named.map(spellingOf)
      return { index, quorum, people: new Set(people) }
    })
    .filter(({ people }) => people.size > 0)
    .toSorted((one, other) => one.people.size - other.people.size)
}

function standsForMany(reviewer: string): boolean {
  return /^(role:|group:|\*$)/.test(reviewer)
}
