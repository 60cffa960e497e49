import { spellingOf, type ApprovalPolicy } from '@loop-engine/core'

import { pointer } from './problems.ts'
import type { Checked } from './validate.ts'

/** A stage whose reviewers are all named persons, not roles, groups or `*`. */
interface NamedStage {
  readonly index: number
  readonly quorum: number
  readonly people: ReadonlySet<string>
}

/**
 * Reports stages that name too few people ever to be approved. A person can approve at one stage only. Reviewers whom
 * an escalation adds may approve at any stage.
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
      people.size < quorum
        ? `The quorum needs ${quorum} people, but the reviewers named here are ${people.size}.`
        : `Too few reviewers are left for the quorum of ${quorum}: other stages need some of those named here.`,
      people.size < quorum ? undefined : 'Name more people: each can approve at one stage only.',
    )
  }
}

/**
 * Creates a function that gives one more person to a stage, and returns false when nobody is left for it. If another
 * stage has the person, it first finds somebody else for that stage: an augmenting path of a bipartite matching.
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
