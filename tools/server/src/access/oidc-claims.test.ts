import { expect, test } from 'vitest'

import { principalOf } from './oidc-claims.ts'
import type { OidcOptions } from './oidc.ts'
import type { Principal } from './principal.ts'

const issuer = 'https://id.example.com'

/** The principal that verified claims describe, with these settings. */
function read(claims: Record<string, unknown>, settings: Partial<OidcOptions> = {}): Principal {
  const alice = { iss: issuer, sub: 'alice', iat: 100, exp: 200 }
  const options = { issuer, audience: 'loops', clockToleranceMs: 30_000 }
  return principalOf({ ...alice, ...claims }, { ...options, ...settings })
}

test('the required claims alone give a person in the tenant of the settings', () => {
  expect(read({}, { tenant: 'acme' })).toEqual({
    kind: 'oidc',
    credential: 'oidc:alice',
    tenant: 'acme',
    actor: {
      type: 'human',
      id: 'alice',
      assurance: { method: 'oidc', issuer, subject: 'alice', at: 100_000 },
    },
    scopes: ['read', 'decide', 'stop'],
    expiresAt: 230_000,
  })
})

test('an e-mail address is an id only if it was verified', () => {
  const email = 'alice@example.com'
  const byAddress = { idClaim: 'email' }
  expect(read({ email, email_verified: true }, byAddress).actor.id).toBe(email)
  for (const email_verified of [false, 'true', 1, undefined])
    expect(() => read({ email, email_verified }, byAddress)).toThrow(
      expect.objectContaining({ code: 'auth', details: { missing: 'id' } }),
    )
})

test('the prefix of an issuer stands before the id and in the name of the credential', () => {
  const idPrefix = 'corp:'
  expect(read({}, { idPrefix })).toMatchObject({
    credential: 'oidc:corp:alice',
    actor: { id: 'corp:alice', assurance: { subject: 'alice' } },
  })
  expect(read({ sub: 'x'.repeat(251) }, { idPrefix }).actor.id).toHaveLength(256)
  expect(() => read({ sub: 'x'.repeat(252) }, { idPrefix })).toThrow(
    expect.objectContaining({ code: 'auth' }),
  )
})

test('roles and groups are read from the claims that the settings name, as a list or a text; other values are left out', () => {
  const settings = { rolesClaim: 'realm_access.roles', groupsClaim: 'https://x.example/groups' }
  const claims = {
    realm_access: { roles: ['ops', 7, '', 'x'.repeat(129)] },
    'https://x.example/groups': 'oncall finance',
  }
  expect(read(claims, settings).actor).toMatchObject({
    roles: ['ops'],
    groups: ['oncall', 'finance'],
  })
  expect(read({ roles: Array.from({ length: 300 }, () => 'x') }).actor.roles).toHaveLength(256)
  for (const rolesClaim of ['constructor.name', 'sub.length', 'realm_access.roles'])
    expect(read({ realm_access: null }, { rolesClaim }).actor).not.toHaveProperty('roles')
})

test('a role adds its scopes; a role with the name of an object property adds none', () => {
  const settings: Partial<OidcOptions> = {
    scopes: ['read'],
    scopesOfRole: { ops: ['run', 'read'] },
  }
  expect(read({ roles: ['ops', 'constructor'] }, settings).scopes).toEqual(['read', 'run'])
  expect(read({ roles: ['constructor'] }, settings).scopes).toEqual(['read'])
})

test('a person counts as authenticated since the login, however new the token is', () => {
  expect(read({ auth_time: 50 }).actor.assurance?.at).toBe(50_000)
})

test('the application can decide which tokens are those of people', () => {
  const isPerson = ({ sub }: Readonly<Record<string, unknown>>): boolean => sub !== 'alice'
  expect(read({}, { isPerson }).actor.type).toBe('automation')
  expect(read({ azp: 'bob', sub: 'bob' }, { isPerson }).actor.type).toBe('human')
})
