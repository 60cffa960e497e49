import type { GuardInput, JsonValue, Reservation } from '@loop-engine/core'

import { durationMs } from './parameters.ts'

/** Whose counter it is. */
export const limitScopes = ['actor', 'instance', 'loop', 'tenant'] as const

/**
 * A reservation against the counter that the parameters of a limit name. Limits of one name share a
 * counter across transitions; without a name each transition of a loop has its own.
 */
export function reserve(
  kind: string,
  { instance, transition, actor, parameters, now }: GuardInput,
  amount: number,
  defaultScope: (typeof limitScopes)[number],
): Reservation {
  const {
    limit,
    window,
    name = `${instance.loopId}/${transition.id}`,
    per = defaultScope,
  } = parameters
  const owners: Readonly<Record<string, string>> = {
    actor: actor.id,
    instance: instance.runId,
    loop: instance.loopId,
    tenant: '',
  }
  const windowMs = window === undefined ? 0 : durationMs(window)
  const bucket = windowMs === 0 ? 0 : Math.floor(now / windowMs)
  const owner = owners[String(per)]
  if (owner === undefined) throw new TypeError('A limit has an unknown scope.')
  return {
    key: [kind, name, windowMs, per, owner].map(escaped).join(':'),
    bucket,
    amount,
    limit: Number(limit),
    ...(windowMs > 0 && { expiresAt: (bucket + 1) * windowMs }),
  }
}

// Names and ids may hold a colon themselves; two counters must never fall together.
function escaped(part: JsonValue): string {
  return String(part).replaceAll('%', '%25').replaceAll(':', '%3A')
}
