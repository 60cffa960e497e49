import { createAuthority, type Authority } from '@loop-engine/actors'
import { LoopError, type Clock } from '@loop-engine/core'

import { createApiKeys, type ApiKeys } from './api-keys.ts'
import { openDatabase } from './database.ts'
import { claimedIssuer, createOidcVerifier, type OidcOptions } from './oidc.ts'
import type { Principal } from './principal.ts'
import { createSessions, type Sessions } from './sessions.ts'

export interface AccessOptions {
  readonly path: string
  readonly oidc: readonly OidcOptions[]
  readonly clock: Pick<Clock, 'now'>
}

/** The credentials that the server accepts: API keys, bearer tokens and sessions. */
export interface Access {
  readonly authority: Authority
  readonly keys: ApiKeys
  readonly sessions: Sessions
  /** Reads an API key or a token. Throws `auth` unless it is accepted now. */
  fromBearer(credential: string): Promise<Principal>
  close(): void
}

export function createAccess({ path, oidc, clock }: AccessOptions): Access {
  const database = openDatabase(path)
  const keys = createApiKeys(database, clock)
  const issuers = new Map(
    oidc.map((options) => [options.issuer, createOidcVerifier(options, { clock })]),
  )
  refuseAmbiguous(oidc)
  return {
    authority: createAuthority({ name: 'server' }),
    keys,
    sessions: createSessions(database, clock),
    async fromBearer(credential) {
      if (credential.startsWith('lk_')) {
        const principal = keys.find(credential)
        if (principal) return principal
      } else if (credential.length <= 16_384) {
        const verifier = issuers.get(claimedIssuer(credential) ?? '')
        if (verifier) return verifier.verify(credential)
      }
      throw new LoopError('auth', 'The credential was not accepted.', {
        hint: 'Send an API key that is neither revoked nor expired, or a token of a configured issuer.',
      })
    },
    close: () => database.close(),
  }
}

/** Two issuers may give the same id to different people, so that each needs its own `idPrefix`. */
function refuseAmbiguous(oidc: readonly OidcOptions[]): void {
  const prefixes = new Set(oidc.map(({ idPrefix = '' }) => idPrefix))
  const issuers = new Set(oidc.map(({ issuer }) => issuer))
  if (prefixes.size === oidc.length && issuers.size === oidc.length) return
  throw new LoopError(
    'invalid_config',
    'Two OIDC issuers have the same `issuer` or the same `idPrefix`.',
    {
      path: '/oidc',
    },
  )
}
