import { LoopError, notBlank } from '@loop-engine/core'
import type { JWTPayload } from 'jose'

import type { OidcOptions } from './oidc.ts'
import { tenantPattern, type Principal, type Scope } from './principal.ts'

/** The principal that verified claims describe. Throws `auth` if they name no valid id or tenant. */
export function principalOf(
  claims: JWTPayload,
  options: OidcOptions & { readonly clockToleranceMs: number },
): Principal {
  const {
    issuer,
    idClaim = 'sub',
    idPrefix = '',
    rolesClaim = 'roles',
    groupsClaim = 'groups',
    tenantClaim,
    tenant = 'default',
    scopes = ['read', 'decide', 'stop'],
    scopesOfRole = {},
    isPerson = wasNotIssuedToAClient,
    clockToleranceMs,
  } = options
  const id = claimAt(claims, idClaim)
  const own = tenantClaim === undefined ? tenant : claimAt(claims, tenantClaim)
  if (typeof id !== 'string' || !notBlank.test(id) || `${idPrefix}${id}`.length > 256)
    throw unreadable('id')
  if (typeof own !== 'string' || !tenantPattern.test(own)) throw unreadable('tenant')
  // An address that was not verified may belong to somebody else.
  if (idClaim === 'email' && claims['email_verified'] !== true) throw unreadable('id')
  const roles = namesAt(claims, rolesClaim)
  const groups = namesAt(claims, groupsClaim)
  const name = claims['name']
  const since = claims['auth_time'] ?? claims.iat
  return {
    kind: 'oidc',
    credential: `oidc:${idPrefix}${id}`,
    tenant: own,
    actor: {
      type: isPerson(claims) ? 'human' : 'automation',
      id: `${idPrefix}${id}`,
      ...(typeof name === 'string' && name !== '' && { displayName: cut(name, 256) }),
      ...(roles.length > 0 && { roles }),
      ...(groups.length > 0 && { groups }),
      assurance: {
        method: 'oidc',
        issuer: cut(issuer, 512),
        subject: cut(String(claims.sub), 512),
        ...(typeof since === 'number' && { at: Math.floor(since * 1000) }),
      },
    },
    scopes: [...new Set([...scopes, ...roles.flatMap((role) => scopesFor(scopesOfRole, role))])],
    // Includes the tolerance, as the check of the token does: a session that is opened with a token in its last seconds would
    // otherwise be over at once.
    expiresAt: Math.floor((claims.exp ?? 0) * 1000 + clockToleranceMs),
  }
}

/** Cuts a text without leaving half a character, with which the engine would refuse the actor. */
function cut(text: string, length: number): string {
  return text.slice(0, length).toWellFormed()
}

function scopesFor(
  table: Readonly<Record<string, readonly Scope[]>>,
  role: string,
): readonly Scope[] {
  return Object.hasOwn(table, role) ? (table[role] ?? []) : []
}

/** False for a token that a client got for itself, as RFC 9068 and the common issuers mark it. */
function wasNotIssuedToAClient(claims: Readonly<Record<string, unknown>>): boolean {
  const { sub, client_id: client, azp, cid, gty, idtyp, preferred_username: username } = claims
  if (sub === client || sub === azp || sub === cid) return false
  // Entra: a token of a person has `scp`, and a `sub` that differs from `oid`.
  if (sub === claims['oid'] && claims['scp'] === undefined) return false
  if (gty === 'client-credentials' || idtyp === 'app') return false
  return typeof username !== 'string' || !username.startsWith('service-account-')
}

/** A claim by its name, or by a path with dots such as `realm_access.roles`. */
function claimAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name]
  let value: unknown = claims
  for (const part of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string, unknown>)[part]
  }
  return value
}

function namesAt(claims: JWTPayload, name: string): readonly string[] {
  const value = claimAt(claims, name)
  const names = typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  return names
    .filter(
      (item): item is string =>
        typeof item === 'string' && notBlank.test(item) && item.length <= 128,
    )
    .slice(0, 256)
}

function unreadable(what: string): LoopError {
  return new LoopError('auth', 'The token lacks a claim that this server needs.', {
    details: { missing: what },
  })
}
