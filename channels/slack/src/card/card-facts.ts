import {
  decisionWords,
  quorumOf,
  reviewersOf,
  type ApprovalRequest,
  type ApprovalView,
} from '@loop-engine/core'

import type { Paper } from './paper.ts'

const mostVotes = 6

/** The facts of a request: what is asked, by whom, for whom, and at what risk. */
export function factsOf(paper: Paper, { policy }: ApprovalRequest, view: ApprovalView): string[] {
  const { loop, transition, requester, effect, warnings } = view
  const { description, risk } = transition
  return [
    `What: ${paper.line(transition.id, 130)} on ${paper.line(view.aggregateId, 200)}`,
    `Loop: ${paper.line(loop.name, 100)} (${paper.line(loop.id, 130)}, version ${paper.line(loop.version, 70)})`,
    `From ${paper.line(transition.from, 130)} to ${paper.line(transition.to, 130)}`,
    ...(description ? [`Meaning: ${paper.line(description, 240)}`] : []),
    `Risk: ${risk ? paper.line(risk, 60) : 'not stated'}`,
    ...(effect
      ? [`Runs: ${paper.line(effect.integration, 130)}.${paper.line(effect.action, 130)}`]
      : []),
    askedBy(paper, requester),
    `On behalf of: ${requester.onBehalfOf ? paper.line(requester.onBehalfOf, 200) : 'nobody else'}`,
    ...(policy.fourEyes ? ['The requester and whom it acts for cannot decide.'] : []),
    ...warnings.slice(0, 2).map((warning) => `Warning: ${paper.line(warning, 120)}`),
    ...more(paper, warnings.length - 2, 'warning'),
  ]
}

/** How many approvals there are, who may decide, and what happens if nobody does. */
export function votesOf(paper: Paper, request: ApprovalRequest): string[] {
  const { policy, stage, view } = request
  const { given, needed } = quorumOf(request)
  const step = policy.stages.length > 1 ? ` (stage ${stage + 1} of ${policy.stages.length})` : ''
  return [
    `Approvals: ${given} of ${needed}${step}`,
    `Who may decide: ${paper.line(reviewersOf(request).join(', '), 400)}`,
    ...(policy.assurance === undefined
      ? []
      : [`To approve, be signed in by: ${policy.assurance} or better`]),
    ...decisionsOf(paper, request),
    `If nobody decides: ${paper.line(view.ifNothing, 240)}`,
  ]
}

/** How the request ended. */
export function outcomeOf(paper: Paper, request: ApprovalRequest): string[] {
  const endings = {
    pending: 'Waiting.',
    approved: request.executedBy
      ? 'Approved, and the transition is recorded.'
      : 'Approved, but the transition is not recorded.',
    rejected: 'Rejected. Nothing ran.',
    expired: `Expired: it was not decided in time, and nothing was approved. ${paper.line(request.view.ifNothing, 240)}`,
    superseded: 'Superseded: the run moved on, so this can no longer be decided. Nothing ran.',
    cancelled: 'Taken back by the requester, by another person or by the system. Nothing ran.',
  } as const
  return [endings[request.status], ...decisionsOf(paper, request)]
}

function decisionsOf(paper: Paper, { decisions, revision }: ApprovalRequest): string[] {
  const shown = decisions.slice(-mostVotes)
  return [
    ...more(paper, decisions.length - shown.length, 'earlier decision'),
    ...shown.map(({ decision, reviewer, reason, revision: seen }) => {
      const stale = seen === revision ? '' : `, on revision ${seen}, which no longer counts`
      const why = reason ? `: ${paper.line(reason, 120)}` : ''
      return `${paper.line(reviewer.id, 100)} ${decisionWords[decision]}${stale}${why}`
    }),
  ]
}

function askedBy(
  paper: Paper,
  { type, id, displayName, model }: ApprovalView['requester'],
): string {
  const name = displayName ? ` “${paper.line(displayName, 100)}”` : ''
  const made = model ? `, model ${paper.line(model, 100)}` : ''
  return `Asked by: ${paper.line(type, 60)} ${paper.line(id, 200)}${name}${made}`
}

function more(paper: Paper, count: number, what: string): string[] {
  if (count <= 0) return []
  paper.leftOut()
  return [`⟨${count} more ${what}${count === 1 ? '' : 's'} not shown⟩`]
}
