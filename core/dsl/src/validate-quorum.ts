import { spellingOf, type ApprovalPolicy } from '@loop-engine/core'

import { pointer } from './problems.ts'
import type { Checked } from './validate.ts'

/** A stage at which nobody but those who are named may approve. */
interface NamedStage {
  readonly index: number
  readonly quorum: number
  readonly people: ReadonlySet<string>
}

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
  const seat = createSeating()
  for (const stage of smallestFirst(stages, added)) {
    const { index, quorum, people } = stage
    let seated = 0
    while (seated < quorum && seat(stage)) seated += 1
    if (seated === quorum) continue
    report(
      'impossible_quorum',
      pointer(path, 'stages', index, 'quorum'),
      `Of ${people.size} named reviewers ${quorum} cannot approve.`,
      people.size < quorum ? undefined : 'Name others than those whom other stages need.',
    )
  }
}

/**
 * Gives one more person to a stage, if need be by finding another one for the stage that has them (an augmenting path of a
 * bipartite matching); false when that cannot be.
 */
function createSeating(): (stage: NamedStage) => boolean {
  const seats = new Map<string, NamedStage>()
  const seat = (stage: NamedStage, asked: Set<NamedStage>): boolean => {
    asked.add(stage)
    for (const person of stage.people) {
      const taken = seats.get(person)
      if (taken && (asked.has(taken) || !seat(taken, asked))) continue
      seats.set(person, stage)
      return true
    }
    return false
  }
  return (stage) => seat(stage, new Set())
}

function smallestFirst(
  stages: ApprovalPolicy['stages'],
  added: readonly string[],
): readonly NamedStage[] {
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
