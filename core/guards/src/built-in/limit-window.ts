import { spellingOf, type GuardInput, type Reservation } from '@loop-engine/core'

import { durationMs, textOf } from './parameters.ts'

/** Who shares one counter. */
export const limitScopes = ['actor', 'instance', 'loop', 'tenant'] as const
type LimitScope = (typeof limitScopes)[number]

/**
 * A reservation against the counter that the parameters of a limit name. Limits of one name share a
 * counter across transitions; without a name each has its own, so that one may warn before the next refuses.
 */
export function reserve(
  kind: string,
  input: GuardInput,
  amount: number,
  defaultScope: LimitScope,
): Reservation {
  const { instance, transition, guardId, parameters, now } = input
  const { limit, window, per = defaultScope } = parameters
  const scope = limitScopes.find((known) => known === per)
  if (scope === undefined) throw new TypeError('A limit has an unknown scope.')
  const name = textOf(parameters.name) || `${instance.loopId}/${transition.id}/${guardId}`
  const windowMs = window === undefined ? 0 : durationMs(window)
  const bucket = windowMs === 0 ? 0 : Math.floor(now / windowMs)
  return {
    key: [kind, name, `${windowMs}`, scope, ownerOf(scope, input)].map(escaped).join(':'),
    bucket,
    amount,
    limit: Number(limit),
    ...(windowMs > 0 && { expiresAt: (bucket + 1) * windowMs }),
  }
}

function ownerOf(scope: LimitScope, { actor, instance }: GuardInput): string {
  switch (scope) {
    case 'actor':
      return spellingOf(actor.id)
    case 'instance':
      return instance.runId
    case 'loop':
      return instance.loopId
    case 'tenant':
      return ''
  }
}

// Names and ids may contain a colon, and two counters must never get the same key.
function escaped(part: string): string {
  return /[%:]/.test(part) ? part.replaceAll('%', '%25').replaceAll(':', '%3A') : part
}
