import type { Actor, EntryType, JsonValue, LedgerEntry } from '@loop-engine/core'

/** An actor as a person would name it: who, with which model, for whom, and for whom that one acts. */
export function labelOf({ displayName, id, modelId, servedModel, onBehalfOf }: Actor): string {
  // People choose their names themselves; the id alone says who it is.
  const alias = displayName !== undefined && displayName !== id
  const notes = [
    alias ? id : undefined,
    servedModel ?? modelId,
    ...principalsOf(onBehalfOf).map((principal) => `for ${principal}`),
  ].filter((note) => note !== undefined)
  return `${displayName ?? id}${notes.length > 0 ? ` (${notes.join(', ')})` : ''}`
}

function principalsOf(first: Actor['onBehalfOf']): readonly string[] {
  const ids: string[] = []
  for (let one = first; one; one = one.onBehalfOf) ids.push(one.id)
  return ids
}

type Tell = (entry: LedgerEntry) => string

const because = ({ reason, message = reason }: LedgerEntry): string =>
  message ? `: ${message.replace(/\.$/, '')}` : ''
const step = ({ transitionId }: LedgerEntry): string => transitionId ?? 'a transition'
const data = (entry: LedgerEntry, key: string): string => plain(entry.data?.[key]) ?? ''
const action = ({ effect, data: more }: LedgerEntry): string =>
  effect ? `${effect.integration}.${effect.action}` : (plain(more?.['sealed']) ?? 'the action')
const decision = ({ approval }: LedgerEntry): string =>
  (approval?.decision ?? 'decide').replace('refused:', '')

/** What the actor did; the name goes before it. */
const predicates: Readonly<Record<EntryType, Tell>> = {
  'loop.started': (entry) => `started ${entry.loopId} in ${entry.toState ?? ''}`,
  'loop.transition.requested': (entry) => `asked for ${step(entry)}`,
  'loop.transition.executed': (entry) =>
    `took ${step(entry)}: ${entry.fromState ?? ''} → ${entry.toState ?? ''}${approvedBy(entry)}`,
  'loop.transition.blocked': (entry) =>
    `was blocked from ${step(entry)} by the guard ${entry.reason ?? ''}`,
  'loop.transition.rejected': (entry) => `was refused ${step(entry)}${because(entry)}`,
  'loop.approval.requested': (entry) => `asked people to approve ${step(entry)}`,
  'loop.approval.decided': (entry) =>
    entry.approval?.decision?.startsWith('refused:')
      ? `could not ${decision(entry)} ${step(entry)}${because(entry)}`
      : entry.approval?.decision === 'delegate'
        ? `handed the decision about ${step(entry)} on to ${data(entry, 'to')}${because(entry)}`
        : `decided to ${decision(entry)} ${step(entry)}${because(entry)}${lapsed(entry)}`,
  'loop.approval.approved': (entry) =>
    `${entry.approval?.decision === 'edit' ? 'edited and approved' : 'approved'} ${step(entry)}${because(entry)}${lapsed(entry)}`,
  'loop.approval.rejected': (entry) => `rejected ${step(entry)}${because(entry)}`,
  'loop.approval.expired': (entry) => `noted that ${step(entry)} was not approved in time`,
  'loop.approval.escalated': (entry) => `asked more people about ${step(entry)}${added(entry)}`,
  'loop.approval.superseded': (entry) => `closed the request for ${step(entry)}${because(entry)}`,
  'loop.effect.started': (entry) => `began ${action(entry)}`,
  'loop.effect.succeeded': (entry) => `finished ${action(entry)}`,
  'loop.effect.failed': (entry) => `failed at ${action(entry)}${because(entry)}`,
  'loop.effect.unknown': (entry) =>
    `does not know whether ${action(entry)} happened${because(entry)}`,
  'loop.completed': () => 'completed the run',
  'loop.failed': (entry) => `failed the run${because(entry)}`,
  'loop.cancelled': (entry) => `cancelled the run${because(entry)}`,
  'loop.suspended': (entry) => `suspended the run${because(entry)}`,
  'loop.resumed': (entry) => `resumed the run${because(entry)}`,
  'loop.signal.received': (entry) => `signalled ${step(entry)}`,
  'loop.outcome.recorded': () => 'recorded the outcome',
  'loop.spawned': (entry) => `spawned ${data(entry, 'loopId') || 'a loop'}`,
  'loop.migrated': (entry) =>
    `moved the run to version ${data(entry, 'version')} of its definition${moved(entry)}${because(entry)}`,
  'loop.evidence.erased': (entry) =>
    `erased the evidence of entry ${data(entry, 'seq')}${because(entry)}`,
  'loop.stopped': (entry) => `stopped ${data(entry, 'scope')}${because(entry)}`,
  'loop.released': (entry) => `released ${data(entry, 'scope')}${because(entry)}`,
}

export function sentenceOf(entry: LedgerEntry): string {
  const { status, type } = entry
  const tell: Tell | undefined = predicates[type]
  const ended =
    status && status !== 'active' && type === 'loop.transition.executed'
      ? `; the run is ${status}`
      : ''
  return `${labelOf(entry.actor)} ${tell ? tell(entry) : type}${ended}.`
}

function plain(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function added({ data: more }: LedgerEntry): string {
  const reviewers = more?.['reviewers']
  return Array.isArray(reviewers) ? `: ${reviewers.map(plain).join(' and ')}` : ''
}

function lapsed({ data: more }: LedgerEntry): string {
  const people = more?.['lapsed']
  return Array.isArray(people)
    ? `; the approval of ${people.map(plain).join(' and ')} counts no longer`
    : ''
}

function moved({ fromState, toState }: LedgerEntry): string {
  return toState === undefined ? '' : `, ${fromState ?? ''} → ${toState}`
}

function approvedBy({ approval }: LedgerEntry): string {
  return approval?.reviewers?.length ? `, approved by ${approval.reviewers.join(' and ')}` : ''
}
