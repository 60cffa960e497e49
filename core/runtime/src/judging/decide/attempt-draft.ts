import type { EntryDraft, LoopInstance, Transition } from '@loop-engine/core'

import type { TransitionCommand, TransitionFacts } from './ruling.ts'

/** The draft of the entry of an attempt. A fact that is absent leaves no key, so that the canonical form stays small. */
export function attemptDraft(
  instance: LoopInstance,
  command: TransitionCommand,
  facts: TransitionFacts,
  transition: Transition | null,
  own: Pick<EntryDraft, 'type'> & Partial<EntryDraft>,
): EntryDraft {
  const draft: Record<string, unknown> = {
    tenant: instance.tenant,
    loopId: instance.loopId,
    aggregateId: instance.aggregateId,
    runId: instance.runId,
    type: own.type,
    at: facts.at > instance.updatedAt ? facts.at : instance.updatedAt,
    durability: facts.durability,
    definition: instance.definition.digest,
    actor: command.actor,
    transitionId: transition ? transition.id : command.transitionId,
    fromState: instance.currentState,
  }
  if (own.toState !== undefined) draft['toState'] = own.toState
  if (own.status !== undefined) draft['status'] = own.status
  if (facts.guards.length > 0) draft['guards'] = facts.guards
  if (own.counters) draft['counters'] = own.counters
  if (facts.evidence) draft['evidence'] = facts.evidence
  if (own.actionDigest !== undefined) draft['actionDigest'] = own.actionDigest
  if (own.approval) draft['approval'] = withoutUndefined(own.approval)
  if (own.effect) draft['effect'] = own.effect
  if (own.receiptExpiresAt !== undefined) draft['receiptExpiresAt'] = own.receiptExpiresAt
  if (own.reason !== undefined) draft['reason'] = own.reason
  if (own.message !== undefined) draft['message'] = own.message
  if (command.idempotencyKey !== undefined) draft['idempotencyKey'] = command.idempotencyKey
  const correlationId = command.correlationId ?? instance.correlationId
  if (correlationId !== null && correlationId !== undefined) draft['correlationId'] = correlationId
  if (command.traceparent !== undefined) draft['traceparent'] = command.traceparent
  return draft as unknown as EntryDraft
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T
}
