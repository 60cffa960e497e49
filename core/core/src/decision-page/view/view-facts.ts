import type { JsonValue } from '../../json/json.ts'
import type { ApprovalRequest, ApprovalView } from '../../model/approval.ts'
import { quorumOf } from '../../model/quorum.ts'
import { reviewersOf } from '../../model/reviewers.ts'
import { spellOut, spellOutEnds } from '../../spell-out.ts'

/** One thing that a reviewer should know, as text in which nothing is invisible. */
export interface ViewFact {
  readonly label: string
  /** May hold line breaks and tabs; every other control or invisible character is spelled out. */
  readonly text: string
  readonly fromModel: boolean
}

/** Who wants what, under which rule: the facts that the engine itself knows. */
export function contextOf(request: ApprovalRequest, view: ApprovalView): readonly ViewFact[] {
  const { transition, requester, loop } = view
  const name = requester.displayName ? `${requester.displayName} (${requester.id})` : requester.id
  return [
    fact('What', `${transition.id}: ${transition.from} → ${transition.to}`),
    ...(transition.description ? [fact('Meaning', transition.description)] : []),
    fact('Risk', transition.risk ?? 'not stated'),
    fact('Asked by', `${requester.type} ${name}`),
    ...(requester.model ? [fact('Model', requester.model)] : []),
    ...(requester.onBehalfOf ? [fact('On behalf of', requester.onBehalfOf)] : []),
    fact('On', view.aggregateId),
    fact('Loop', `${loop.name} ${loop.version} (${loop.id})`),
    fact(
      'Who may decide',
      reviewersOf(request)
        .map((one) => (one === '*' ? 'anybody who is known here' : one))
        .join(', '),
    ),
    fact('Approvals', progressOf(request)),
    ...(request.status === 'pending' ? [fact('If nobody decides', view.ifNothing)] : []),
  ]
}

export function evidenceOf(view: ApprovalView): readonly ViewFact[] {
  return view.fields.map(({ label, value, fromModel }) => ({
    label: withEnds(spellOut(label)),
    text: withEnds(textOf(value)),
    fromModel,
  }))
}

/** What will run, with its exact input; null when the transition only changes the state. */
export function effectOf({ effect }: ApprovalView): ViewFact | null {
  return effect
    ? fact(`${effect.integration}.${effect.action}`, JSON.stringify(effect.input, null, 2))
    : null
}

/**
 * Whether somebody has decided already, as far as the waiting stage goes: an approval holds for all stages of its revision,
 * an abstention for its own stage, and a question does not count.
 */
export function hasDecided(
  { decisions, revision, stage }: ApprovalRequest,
  id: string | undefined,
): boolean {
  return decisions.some(
    (one) =>
      one.reviewer.id === id &&
      one.revision === revision &&
      (one.decision === 'abstain' ? one.stage === stage : one.decision !== 'respond'),
  )
}

/** How many of the approvals that the waiting stage needs were given: `1 of 2, stage 1 of 3`. */
export function progressOf(request: ApprovalRequest): string {
  const { policy, stage } = request
  const { given, needed } = quorumOf(request)
  const stages = policy.stages.length > 1 ? `, stage ${stage + 1} of ${policy.stages.length}` : ''
  return `${given} of ${needed}${stages}`
}

/** Keeps line breaks and tabs, and spells out every other invisible character. */
function visibleLines(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, spellOut)
}

function textOf(value: JsonValue): string {
  return visibleLines(typeof value === 'string' ? value : JSON.stringify(value, null, 2))
}

/** Spells out spaces at either end, and an empty text. */
function withEnds(text: string): string {
  return text === '' ? '<empty>' : spellOutEnds(text)
}

function fact(label: string, text: string): ViewFact {
  return { label: spellOut(label), text: visibleLines(text), fromModel: false }
}
