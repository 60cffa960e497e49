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

/** The scopes of the stops that hold up a change by this actor. */
export function scopesOf(
  instance: { tenant: string; loopId: string; aggregateId: string },
  actor: Actor,
): readonly string[] {
  const scopes = stopScopes(instance.tenant, instance.loopId, instance.aggregateId, actor.id)
  return actor.onBehalfOf ? [...scopes, ...ownScopes(instance.tenant, actor.onBehalfOf)] : scopes
}

/** The scopes of a principal and of everybody for whom it acts. */
export function ownScopes(tenant: string, principal: Principal): readonly string[] {
  return principalIds(principal).flatMap((id) => actorScopes(tenant, id))
}

/** The scopes of the stops that hold up an execution and what it licenses: of everybody who asked, approved or delegated. */
export function scopesBehind({ approval, ...entry }: Execution): readonly string[] {
  const { reviewers = [], handedOnBy = [], onBehalfOf = [] } = approval ?? {}
  const approvers = [...reviewers, ...handedOnBy, ...onBehalfOf]
  return [
    ...scopesOf(entry, entry.actor),
    ...approvers.flatMap((id) => actorScopes(entry.tenant, id)),
  ]
}
