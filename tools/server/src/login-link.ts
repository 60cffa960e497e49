import { LoopError } from '@loop-engine/core'

import type { Access } from './access/access.ts'
import { checkHolder, scopes as allScopes, type Principal, type Scope } from './access/principal.ts'

export interface LoginOptions {
  readonly id: string
  readonly tenant?: string
  readonly roles?: readonly string[]
  readonly groups?: readonly string[]
  /** All scopes by default: whoever runs the server may do anything with it. */
  readonly scopes?: readonly Scope[]
  readonly ttlMs?: number
}

/** A link that logs a person in once. Its token stands behind the `#`, which browsers do not send to the server. */
export function loginLink(
  {
    id,
    tenant = 'default',
    roles = [],
    groups = [],
    scopes = allScopes,
    ttlMs = 600_000,
  }: LoginOptions,
  {
    access,
    origin,
    now,
  }: { readonly access: Access; readonly origin: string | undefined; readonly now: number },
): string {
  if (origin === undefined)
    throw new LoopError('invalid_config', 'A login link needs publicUrl, or a server that listens.')
  const principal: Principal = {
    kind: 'session',
    credential: `local:${id}`,
    tenant,
    actor: {
      type: 'human',
      id,
      ...(roles.length > 0 && { roles: [...roles] }),
      ...(groups.length > 0 && { groups: [...groups] }),
      assurance: { method: 'login-link', at: now },
    },
    scopes,
    expiresAt: null,
  }
  checkHolder(tenant, principal.actor)
  return `${origin}/login#token=${access.sessions.invite(principal, ttlMs)}`
}
