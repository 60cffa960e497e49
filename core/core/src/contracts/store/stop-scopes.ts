import { spellingOf } from '../../model/spelling.ts'

/** The scopes that can stop a change, from everything to one instance. */
export function stopScopes(
  tenant: string,
  loopId: string,
  aggregateId: string,
  actorId: string,
): readonly string[] {
  return [
    '*',
    stopScope('tenant', tenant),
    stopScope('loop', tenant, loopId),
    stopScope('instance', tenant, aggregateId),
    ...actorScopes(tenant, actorId),
  ]
}

/**
 * Those of one actor. Older versions named an actor in a stop as its id was spelled then; such a stop holds until it is
 * released, so that this scope counts as well.
 */
export function actorScopes(tenant: string, actorId: string): readonly string[] {
  const scope = stopScope('actor', tenant, actorId)
  const asSpelled = `${stopScope('actor', tenant)}:${actorId}`
  return scope === asSpelled ? [scope] : [scope, asSpelled]
}

/**
 * One of them. A colon in the tenant is escaped, so that where the tenant ends is plain and no scope is that of another
 * tenant. An actor has one scope however its id is spelled, as it is one person to four-eyes.
 */
export function stopScope(
  kind: 'tenant' | 'loop' | 'instance' | 'actor',
  tenant: string,
  id?: string,
): string {
  // Every commit asks for five, and hardly any tenant has something to escape.
  const name = /[%:]/.test(tenant) ? tenant.replaceAll('%', '%25').replaceAll(':', '%3A') : tenant
  if (id === undefined) return `${kind}:${name}`
  return `${kind}:${name}:${kind === 'actor' ? spellingOf(id) : id}`
}
