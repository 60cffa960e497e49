import { principalIds } from '@loop-engine/actors'
import {
  actorScopes,
  stopScopes,
  type Actor,
  type LedgerEntry,
  type Principal,
} from '@loop-engine/core'

interface Execution extends Pick<LedgerEntry, 'tenant' | 'loopId' | 'aggregateId' | 'actor'> {
  readonly approval?: Pick<
    NonNullable<LedgerEntry['approval']>,
    'reviewers' | 'handedOnBy' | 'onBehalfOf'
  >
}

/** The stops that hold up a change which this actor makes. */
export function scopesOf(
  instance: { tenant: string; loopId: string; aggregateId: string },
  actor: Actor,
): readonly string[] {
  const scopes = stopScopes(instance.tenant, instance.loopId, instance.aggregateId, actor.id)
  return actor.onBehalfOf ? [...scopes, ...ownScopes(instance.tenant, actor.onBehalfOf)] : scopes
}

/** The stops of a principal and of everybody it acts for, whatever it does. */
export function ownScopes(tenant: string, principal: Principal): readonly string[] {
  return principalIds(principal).flatMap((id) => actorScopes(tenant, id))
}

/** The stops that hold up an execution, and what it licenses: those of everybody on whose word it rests. */
export function scopesBehind({ approval, ...entry }: Execution): readonly string[] {
  const { reviewers = [], handedOnBy = [], onBehalfOf = [] } = approval ?? {}
  const approvers = [...reviewers, ...handedOnBy, ...onBehalfOf]
  return [
    ...scopesOf(entry, entry.actor),
    ...approvers.flatMap((id) => actorScopes(entry.tenant, id)),
  ]
}
