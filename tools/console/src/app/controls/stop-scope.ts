import type { StopRequest } from '@loop-engine/client'

/** What a stop covers, in words. */
export function coverOf(scope: string): string {
  const target = targetOf(scope)
  if (target === null) return scope
  if ('everything' in target) return 'Everything, in all tenants'
  if ('tenant' in target) return 'All of the tenant'
  if ('loopId' in target) return `The loop ${target.loopId}`
  if ('actorId' in target) return `The actor ${target.actorId}`
  return `The instance ${target.aggregateId}`
}

/** How to release it; null for a scope that this page does not know. */
export function targetOf(scope: string): StopRequest['target'] | null {
  if (scope === '*') return { everything: true }
  // Tenants have no colon; what follows theirs may have some.
  const [kind = '', , id = ''] = scope.split(/:([^:]*):?(.*)/s)
  if (kind === 'tenant') return { tenant: true }
  if (id === '') return null
  if (kind === 'loop') return { loopId: id }
  if (kind === 'instance') return { aggregateId: id }
  if (kind === 'actor') return { actorId: id }
  return null
}
