import {
  digestOf,
  saltedDigest,
  parseJson,
  type EntryType,
  type LedgerEntry,
  type Principal,
} from '@loop-engine/core'

import { transitionOf, type Checker, type ObservedWorld, type RecordedEntry } from './world.ts'

/** 14. An execution under an approval has the digest that was approved, and the evidence that the digest covers. */
export const approvedIsWhatRuns: Checker = function* ({ runs, effects = [] }) {
  for (const { entries, approvals } of runs) {
    for (const { entry, stored, at } of entries) {
      if (entry.type !== 'loop.transition.executed' || !entry.approval) continue
      const approved = entryOf(entries, 'loop.approval.approved', entry.approval.id)
      if (!approved || approved.actionDigest !== entry.actionDigest)
        yield { message: 'what executed is not what was approved', ...at }
      if (
        stored.evidence !== null &&
        stored.salt !== null &&
        saltedDigest(stored.salt, stored.evidence) !== entry.evidence?.digest
      ) {
        yield { message: 'the evidence of an execution is not what its digest names', ...at }
      }
      const request = approvals.find(({ id }) => id === entry.approval?.id)
      const action = {
        tenant: entry.tenant,
        runId: entry.runId,
        stateVersion: request?.stateVersion ?? 0,
        definition: entry.definition,
        transitionId: entry.transitionId ?? '',
        evidence: entry.evidence?.digest ?? '',
        effect: entry.effect
          ? {
              integration: entry.effect.integration,
              action: entry.effect.action,
              inputDigest: entry.effect.inputDigest,
            }
          : null,
      }
      if (digestOf(action) !== entry.actionDigest)
        yield { message: 'the action digest does not cover what executed', ...at }
      for (const effect of effects) {
        if (
          effect.entry === stored.hash &&
          entry.effect &&
          digestOf(parseJson(effect.input)) !== entry.effect.inputDigest
        )
          yield { message: 'an effect ran with another input', ...at }
      }
    }
  }
}

/** 15. An approval authorises one execution before it expires; a receipt is spent once. */
export const singleUse: Checker = function* ({ runs, effects = [] }) {
  for (const { instance, entries, approvals } of runs) {
    const left = approvals.filter(({ stateVersion }) => stateVersion !== instance.stateVersion)
    if (left.some(({ status }) => status === 'pending'))
      yield { message: 'a request is open although its run has moved', runId: instance.runId }
    const used = new Set<string>()
    const spent = new Map<string, string>()
    for (const { entry, at } of entries) {
      if (entry.type === 'loop.transition.executed' && entry.approval) {
        if (used.has(entry.approval.id)) yield { message: 'an approval was used twice', ...at }
        used.add(entry.approval.id)
        const asked = entryOf(entries, 'loop.approval.requested', entry.approval.id)
        if (entry.at >= (asked?.approval?.expiresAt ?? Infinity))
          yield { message: 'an expired approval was used', ...at }
      }
      if (entry.type === 'loop.effect.started' && entry.receipt !== undefined) {
        const by = entry.effect?.id ?? `sealed ${entry.seq}`
        const before = spent.get(entry.receipt)
        if (before !== undefined && before !== by)
          yield { message: 'a receipt was spent twice', ...at }
        spent.set(entry.receipt, by)
      }
    }
  }
  const atMostOnce = effects
    .filter(({ semantics }) => semantics === 'at-most-once')
    .map(({ idempotencyKey }) => idempotencyKey)
  if (new Set(atMostOnce).size !== atMostOnce.length)
    yield { message: 'an at-most-once effect ran twice' }
}

/**
 * 16. As many different people approve as the policy demands, each is entitled, and none is of the requester's party.
 */
export const separationOfDuties: Checker = function* ({
  runs,
  definitions,
  identityClassOf = (id) => id,
}) {
  for (const { entries } of runs) {
    for (const { entry, at } of entries) {
      if (entry.type !== 'loop.transition.executed') continue
      const policy = transitionOf(definitions, entry)?.approval
      if (!policy || (policy.when !== undefined && !entry.approval)) continue
      const approvals = entries.filter(
        (other) =>
          other.entry.approval?.id === entry.approval?.id &&
          other.entry.approval?.revision === entry.approval?.revision &&
          approves(other.entry),
      )
      const votes = approvals.filter((vote) => !approvals.some((later) => lapsedBy(later, vote)))
      const people = new Set(votes.map(({ entry: { actor } }) => identityClassOf(actor.id)))
      const lacking = policy.stages.findIndex(
        ({ quorum }, stage) =>
          votes.filter(({ entry: { approval } }) => approval?.stage === stage).length < quorum,
      )
      if (lacking !== -1) yield { message: `stage ${lacking} had too few approvals`, ...at }
      const needed = policy.stages.reduce((sum, { quorum }) => sum + quorum, 0)
      if (people.size < needed)
        yield { message: `${people.size} people approved where ${needed} were needed`, ...at }
      if (votes.some(({ entry: { actor } }) => actor.type !== 'human'))
        yield { message: 'something that is not a person approved', ...at }
      const party = new Set(chainOf(entry.actor).map(identityClassOf))
      if (policy.fourEyes && [...people].some((person) => party.has(person)))
        yield { message: 'somebody of the requester’s party approved', ...at }
    }
  }
}

/** 17. After a stop was acknowledged, nothing that it covers commits. */
export const revocationWins: Checker = function* ({ operations = [] }) {
  const stops = operations.filter(({ kind }) => kind === 'stop')
  const releases = operations.filter(({ kind }) => kind === 'release')
  for (const { kind, outcome, invoked, tenant, aggregateId, actorId } of operations) {
    if (kind !== 'transition' || outcome !== 'executed') continue
    const covering = stops.find(
      ({ scope, returned }) =>
        returned < invoked &&
        (scope === '*' ||
          scope === `tenant:${tenant}` ||
          scope === `instance:${tenant}:${aggregateId}` ||
          scope === `actor:${tenant}:${actorId}`) &&
        !releases.some(
          (release) =>
            release.scope === scope && release.invoked > returned && release.invoked < invoked,
        ),
    )
    if (covering) yield { message: `a transition committed under the stop of ${covering.scope}` }
  }
}

/** 18. No agent takes a transition that is reserved for others, approves, or changes rules and records. */
export const noSelfEscalation: Checker = function* ({ records, definitions, agentIds = [] }) {
  for (const { entry, at } of records) {
    const isAgent = entry.actor.type === 'ai-agent' || agentIds.includes(entry.actor.id)
    if (!isAgent) continue
    if (/released|migrated|erased|resumed/.test(entry.type))
      yield { message: 'an agent changed its own rules', ...at }
    if (
      entry.type === 'loop.transition.executed' &&
      transitionOf(definitions, entry)?.actors.includes('ai-agent') === false
    ) {
      yield { message: 'an agent took a transition that is not for agents', ...at }
    }
    if (approves(entry)) yield { message: 'an agent approved', ...at }
  }
}

/** 19. A guard that cannot judge never passes. */
export const failClosed: Checker = function* ({ records, brokenGuards = [] }) {
  for (const { entry, at } of records) {
    if (entry.guards?.some(({ use, passed }) => passed && brokenGuards.includes(use)))
      yield { message: 'a guard that cannot judge is recorded as passed', ...at }
  }
}

/** 20. The sum of what was spent never exceeds the limit. */
export const budgetsHold: Checker = function* ({ runs, budgets = [] }) {
  for (const { limit, transitionId, amountField, tenant } of budgets) {
    const spent = runs
      .filter(({ instance }) => instance.tenant === tenant)
      .flatMap(({ entries }) => entries)
      .filter(
        ({ entry }) =>
          entry.type === 'loop.transition.executed' && entry.transitionId === transitionId,
      )
      .reduce((sum, { evidence }) => sum + Number(evidence?.[amountField] ?? 0), 0)
    if (spent > limit) yield { message: `${spent} were spent of ${limit}` }
  }
}

/** The first entry of this type about an approval. */
function entryOf(
  entries: ObservedWorld['records'],
  type: EntryType,
  approvalId: string,
): LedgerEntry | undefined {
  return entries.find(({ entry }) => entry.type === type && entry.approval?.id === approvalId)
    ?.entry
}

/** Whether the record of a later approval says that this one no longer counts. */
function lapsedBy(
  { entry: { data, seq } }: RecordedEntry,
  { entry: { actor }, at }: RecordedEntry,
): boolean {
  const lapsed = data?.['lapsed']
  return seq > at.seq && Array.isArray(lapsed) && lapsed.includes(actor.id)
}

function approves({ approval }: LedgerEntry): boolean {
  return approval?.decision === 'approve' || approval?.decision === 'edit'
}

function chainOf(principal: Principal): string[] {
  const ids: string[] = []
  for (let next: Principal | undefined = principal; next; next = next.onBehalfOf) ids.push(next.id)
  return ids
}
