import { spellingOf, type Transition } from '@loop-engine/core'

import { pointer } from './problems.ts'
import type { Checked } from './validate.ts'

/** Who approves at one stage has no vote at another: a stage for which too few people are left can never be decided. */
export function quorumProblems(
  { report }: Checked,
  path: string,
  { stages }: NonNullable<Transition['approval']>,
): void {
  const seat = createSeating()
  for (const [index, { reviewers, quorum }] of stages.entries()) {
    if (reviewers.some(standsForMany)) continue
    const people = [...new Set(reviewers.map(spellingOf))]
    let seated = 0
    while (seated < quorum && seat(people)) seated += 1
    if (seated === quorum) continue
    report(
      'impossible_quorum',
      pointer(path, 'stages', index, 'quorum'),
      `Of ${people.length} named reviewers ${quorum} cannot approve.`,
      people.length < quorum ? undefined : 'Name others than those whom earlier stages need.',
    )
  }
}

function standsForMany(reviewer: string): boolean {
  return /^(role:|group:|\*$)/.test(reviewer)
}

/** Gives one of some people a seat that nobody else has, and for that lets others change seats; false when that is impossible. */
function createSeating(): (people: readonly string[]) => boolean {
  const rivals = new Map<string, readonly string[]>()
  const seat = (people: readonly string[], asked: Set<string>): boolean =>
    people.some((person) => {
      if (asked.has(person)) return false
      asked.add(person)
      const others = rivals.get(person)
      if (others && !seat(others, asked)) return false
      rivals.set(person, people)
      return true
    })
  return (people) => seat(people, new Set())
}
