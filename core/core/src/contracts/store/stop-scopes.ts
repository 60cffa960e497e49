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
 * The scopes of one actor: the normal one, and the id as it is spelled. A stop of an older version names the actor by that
 * spelling, and holds until it is released.
 */
export function actorScopes(tenant: string, actorId: string): readonly string[] {
  const scope = stopScope('actor', tenant, actorId)
  const asSpelled = `${stopScope('actor', tenant)}:${actorId}`
  return scope === asSpelled ? [scope] : [scope, asSpelled]
}

/**
 * One scope. A colon in the name of a tenant is escaped, or one tenant could name the scope of another. An actor has one
 * scope however its id is spelled, just as four-eyes takes all spellings for one person.
 */
export function stopScope(
  kind: 'tenant' | 'loop' | 'instance' | 'actor',
  tenant: string,
  id?: string,
): string {
  // Every commit asks for five scopes, and hardly any tenant has something to escape.
  const name = /[%:]/.test(tenant) ? tenant.replaceAll('%', '%25').replaceAll(':', '%3A') : tenant
  if (id === undefined) return `${kind}:${name}`
  return `${kind}:${name}:${kind === 'actor' ? spellingOf(id) : id}`
}
