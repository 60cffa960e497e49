import { readdirSync, readFileSync } from 'node:fs'

import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTestServer, type Reply, type TestServer } from '../server.fixture.ts'
import type { Scope } from './principal.ts'

const issuer = 'https://id.example.com'
const audience = 'loops'
let server: TestServer
let keys: Awaited<ReturnType<typeof generateKeyPair>>
let fetched = 0
beforeAll(async () => {
  keys = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' }
  const answers: Record<string, unknown> = {
    [`${issuer}/.well-known/openid-configuration`]: { issuer, jwks_uri: `${issuer}/keys` },
    [`${issuer}/keys`]: { keys: [jwk] },
  }
  server = await createTestServer({
    oidc: [
      {
        issuer,
        audience,
        tenantClaim: 'org',
        rolesClaim: 'realm_access.roles',
        scopesOfRole: { ops: ['run', 'operate'] },
        fetch: async (input) => {
          fetched += 1
          return Response.json(answers[String(input instanceof Request ? input.url : input)])
        },
      },
    ],
  })
})
afterAll(() => server.close())

const who = (credential: string): Promise<Reply> =>
  server.call('GET', '/api/v1/session', { headers: { authorization: `Bearer ${credential}` } })

async function token(
  claims: JWTPayload = {},
  alg = 'ES256',
  key = keys.privateKey,
): Promise<string> {
  return new SignJWT({ ...aliceNow(), realm_access: { roles: ['ops'] }, ...claims })
    .setProtectedHeader({ alg, kid: 'one' })
    .sign(key)
}

function aliceNow(): JWTPayload {
  const now = Math.floor(Date.now() / 1000)
  return { iss: issuer, aud: audience, sub: 'alice', org: 'acme', iat: now, exp: now + 60 }
}

describe('a bearer token', () => {
  test('of the issuer gives a person with roles, scopes and a tenant', async () => {
    const { status, body } = await who(await token({ name: 'Alice', groups: ['oncall'] }))

    expect(status).toBe(200)
    expect(body).toMatchObject({
      kind: 'oidc',
      tenant: 'acme',
      scopes: ['read', 'decide', 'stop', 'run', 'operate'],
      actor: {
        type: 'human',
        id: 'alice',
        displayName: 'Alice',
        roles: ['ops'],
        groups: ['oncall'],
        assurance: { method: 'oidc', issuer, subject: 'alice' },
      },
    })
  })

  test('with a long name is accepted, wherever the name is cut', async () => {
    const key = await token({ name: `${'a'.repeat(255)}\u{1f600}` })

    expect((await server.start('long-name', key)).status).toBe(201)
  })

  test('causes the keys of the issuer to be fetched only once', async () => {
    const before = fetched
    await Promise.all(Array.from({ length: 10 }, async () => who(await token())))

    expect(fetched).toBe(before)
  })

  test('that a client got for itself is not that of a person', async () => {
    const machines = [
      { azp: 'alice' },
      { cid: 'alice', scp: ['loops'] },
      { oid: 'alice', azp: 'ledger', roles: ['finance'] },
      { gty: 'client-credentials' },
      { idtyp: 'app' },
      { preferred_username: 'service-account-x' },
    ]

    for (const claims of machines)
      expect((await who(await token(claims))).body.actor.type).toBe('automation')
    const delegated = { oid: 'alice', azp: 'desk', cid: 'desk', scp: 'loops' }
    expect((await who(await token(delegated))).body.actor.type).toBe('human')
  })

  test('is refused whenever anything about it is wrong', async () => {
    const now = Math.floor(Date.now() / 1000)
    const other = await generateKeyPair('ES256')
    const secret = new TextEncoder().encode(JSON.stringify(await exportJWK(keys.publicKey)))
    const bad = [
      await token({ aud: 'others' }),
      await token({ iss: 'https://evil.example.com' }),
      await token({ exp: now - 31 }),
      await token({ nbf: now + 120 }),
      await token({ iat: now + 120 }),
      await token({ exp: undefined }),
      await token({ iat: undefined }),
      await token({ sub: '' }),
      await token({ org: undefined }),
      await token({ org: 'a:b' }),
      await token({ org: ['acme'] as unknown as string }),
      await token({}, 'ES256', other.privateKey),
      await new SignJWT(aliceNow()).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret),
      new UnsecuredJWT(aliceNow()).encode(),
      `${(await token()).split('.').slice(0, 2).join('.')}.`,
      'a.b.c',
      'x'.repeat(10_000),
    ]

    for (const credential of bad) {
      const { status, body, headers } = await who(credential)
      expect([status, body.code]).toEqual([401, 'auth'])
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/)
      expect(JSON.stringify(body)).not.toContain(credential.slice(0, 40))
    }
  })

  test('whose times have fractions of a second, which RFC 7519 permits, is accepted and opens a session', async () => {
    const now = Date.now() / 1000
    const key = await token({ iat: now - 0.123456, exp: now + 60.123456 })
    const opened = await server.call('POST', '/api/v1/session', {
      headers: {
        authorization: `Bearer ${key}`,
        origin: server.url,
        'sec-fetch-site': 'same-origin',
      },
      body: {},
    })

    expect(opened.status).toBe(200)
    expect(Number.isInteger(opened.body.expiresAt)).toBe(true)
    expect((await server.start('fractions', key)).status).toBe(201)
  })

  test('that expired within the clock tolerance is accepted', async () => {
    const now = Math.floor(Date.now() / 1000)

    expect((await who(await token({ exp: now - 5 }))).status).toBe(200)
  })

  test('lets that person decide, only in their own tenant', async () => {
    const request = await server.waiting('oidc-1', server.key('acme'))
    const decide = async (claims: JWTPayload): Promise<Reply> =>
      server.call('POST', `/api/v1/approvals/${request.id}/decisions`, {
        headers: { authorization: `Bearer ${await token(claims)}` },
        body: { decision: 'approve', revision: 1, viewHash: request.viewHash },
      })

    const finance = { realm_access: { roles: ['finance'] } }
    expect(await decide({ ...finance, org: 'other' })).toMatchObject({ status: 404 })
    expect(await decide({ ...finance, azp: 'alice' })).toMatchObject({
      status: 403,
      body: { reason: 'not_a_person' },
    })
    expect(await decide(finance)).toMatchObject({ status: 200, body: { status: 'executed' } })
  })
})

describe('an API key', () => {
  const make = (
    expiresAt?: number,
    roles: readonly string[] = [],
  ): ReturnType<TestServer['server']['keys']['create']> =>
    server.server.keys.create({
      tenant: 'acme',
      name: 'k',
      actor: { type: 'ai-agent', id: 'agent:x', onBehalfOf: { type: 'human', id: 'alice' } },
      roles,
      scopes: ['read', 'run'],
      createdBy: 'test',
      ...(expiresAt !== undefined && { expiresAt }),
    })

  test('acts as the actor it was made for, with its own scopes only', async () => {
    const expiresAt = Date.now() + 60_000
    const { key, secret } = make(expiresAt, ['triage'])

    expect((await who(secret)).body).toMatchObject({
      kind: 'key',
      tenant: 'acme',
      scopes: ['read', 'run'],
      expiresAt,
      actor: {
        type: 'ai-agent',
        id: 'agent:x',
        onBehalfOf: { type: 'human', id: 'alice' },
        roles: ['triage'],
        assurance: { method: 'api-key', subject: key.id },
      },
    })
  })

  test('is stored as a digest only', () => {
    const { key, secret } = make()
    const files = readdirSync(server.folder).map((file) =>
      readFileSync(`${server.folder}/${file}`, 'latin1'),
    )

    expect(secret).toMatch(new RegExp(`^${key.id}_[\\w-]{43}$`))
    expect(files.some((text) => text.includes(key.id))).toBe(true)
    expect(files.some((text) => text.includes(secret.slice(16)))).toBe(false)
  })

  test('is accepted until it expires, and only if every character is right', async () => {
    const { secret } = make()
    const near = `${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`

    expect((await who(secret)).status).toBe(200)
    expect((await who(near)).status).toBe(401)
    expect((await who(secret.slice(0, 20))).status).toBe(401)
    expect((await who(make(Date.now() - 1).secret)).status).toBe(401)
  })

  test('is rotated with an overlap, and revoked at once', async () => {
    const { key, secret } = make()
    const rotated = server.server.keys.rotate('acme', key.id, 60_000)
    const next = rotated?.secret ?? ''

    expect([(await who(secret)).status, (await who(next)).status]).toEqual([200, 200])
    const third = server.server.keys.rotate('acme', key.id, 0)?.secret ?? ''
    expect([(await who(secret)).status, (await who(next)).status]).toEqual([401, 401])
    expect(server.server.keys.revoke('other', key.id)).toBeNull()
    expect((await who(third)).status).toBe(200)
    server.server.keys.revoke('acme', key.id)
    expect((await who(third)).status).toBe(401)
    expect(server.server.keys.rotate('acme', key.id, 0)).toBeNull()
  })

  // Colons divide the scope of a stop: a tenant with a colon would not see its own stops.
  test.each([
    ['', [], 'odd'],
    ['x'.repeat(257), [], 'odd'],
    ['k', [''], 'odd'],
    ['k', [], 'odd:one'],
    ['k', [], ''],
  ])(
    'with an actor or a tenant that is not valid is refused, and so is a login link: %j as %j of %j',
    (id, roles, tenant) => {
      const { keys: made, loginLink } = server.server
      const actor = { type: 'automation', id } as const
      const refused = expect.objectContaining({ code: 'invalid_config' })
      const key = { tenant, name: 'k', actor, roles, scopes: ['read'], createdBy: 'test' } as const

      expect(() => made.create(key)).toThrow(refused)
      expect(() => loginLink({ id, roles, tenant })).toThrow(refused)
      expect(made.list({ tenant }).items).toEqual([])
    },
  )

  test('that may do more than a person cannot be rotated by that person', async () => {
    const login = (scopes: readonly Scope[]): Promise<string> =>
      server.login('kim', [], 'acme', scopes)
    const { key, secret } = make()
    const rotate = (cookie: string): Promise<Reply> =>
      server.call('POST', `/api/v1/keys/${key.id}/rotate`, { cookie })

    expect(await rotate(await login(['keys', 'read']))).toMatchObject({
      status: 403,
      body: { reason: 'more_than_own' },
    })
    expect((await who(secret)).status).toBe(200)
    expect((await rotate(await login(['keys', 'read', 'run']))).status).toBe(200)
  })

  test('lets an agent say which model it asked, but never who it is', async () => {
    const { secret } = make()
    await server.start('model', secret)
    const attempt = (body: object, key = secret): Promise<Reply> =>
      server.call('POST', '/api/v1/instances/model/transitions', {
        key,
        body: { signal: 'note', ...body },
      })
    const attribution = {
      provider: 'x',
      modelId: 'm-1',
      promptHash: 'a'.repeat(64),
      confidence: 0.5,
    }

    expect((await attempt({ attribution })).status).toBe(200)
    const { body } = await server.call('GET', '/api/v1/instances/model/history', { key: secret })
    expect(body.items[1].entry.actor).toMatchObject({
      type: 'ai-agent',
      id: 'agent:x',
      onBehalfOf: { type: 'human', id: 'alice' },
      ...attribution,
    })
    for (const forged of [
      { actor: { type: 'human', id: 'alice' } },
      { attribution: { type: 'human' } },
      { attribution: { onBehalfOf: null } },
      { attribution: { assurance: { method: 'webauthn' } } },
    ])
      expect(await attempt(forged)).toMatchObject({ status: 400 })
    expect(await attempt({ attribution }, server.key('acme'))).toMatchObject({
      status: 400,
      body: { code: 'invalid_actor' },
    })
  })
})

describe('a session', () => {
  const forge = (cookie: string, headers: Record<string, string>): Promise<Reply> =>
    server.call('POST', '/api/v1/stops', {
      headers: { cookie, 'content-type': 'application/json', ...headers },
      body: { target: { loopId: 'nothing' }, reason: 'r' },
    })

  test('is accepted only from pages of this server', async () => {
    const cookie = await server.login('alice')
    const origin = server.url

    const refused: Record<string, string>[] = [
      {},
      { origin: 'https://evil.example.com' },
      { origin: 'null' },
      { origin, 'sec-fetch-site': 'cross-site' },
      { origin, 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'none' },
      { origin: `${origin}.evil.example.com` },
    ]
    for (const headers of refused)
      expect(await forge(cookie, headers)).toMatchObject({
        status: 403,
        body: { code: 'cross_site' },
      })
    expect((await forge(cookie, { origin })).status).toBe(200)
    expect((await forge(cookie, { 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })

  test('cannot be opened by a page of another site', async () => {
    const token_ = server.server.loginLink({ id: 'alice' }).split('#token=')[1]
    const open = (headers: Record<string, string>): Promise<Reply> =>
      server.call('POST', '/api/v1/session', { headers, body: { token: token_ } })

    expect(await open({ origin: 'https://evil.example.com' })).toMatchObject({ status: 403 })
    expect((await open({ origin: server.url })).status).toBe(200)
  })

  test('is opened with the token of a person, never with a key, and ends with the token', async () => {
    const open = (credential: string): Promise<Reply> =>
      server.call('POST', '/api/v1/session', {
        headers: { origin: server.url, authorization: `Bearer ${credential}` },
      })
    const exp = Math.floor(Date.now() / 1000) + 30

    expect((await open(await token({ exp }))).body).toMatchObject({
      kind: 'session',
      // The session lasts as long as the token is accepted.
      expiresAt: (exp + 30) * 1000,
    })
    expect(await open(server.key())).toMatchObject({
      status: 403,
      body: { reason: 'not_a_person' },
    })
  })

  test('and a stream work although the token has expired within the clock tolerance', async () => {
    await server.waiting('late-1', server.key('acme'))
    const key = await token({ exp: Math.floor(Date.now() / 1000) - 5 })
    const headers = { origin: server.url, authorization: `Bearer ${key}` }
    const { headers: answered } = await server.call('POST', '/api/v1/session', { headers })
    const cookie = answered.get('set-cookie')?.split(';')[0] ?? ''
    const stream = await fetch(`${server.url}/api/v1/events?last=1`, { headers })
    const reader = stream.body?.getReader()
    await reader?.read()

    expect((await server.call('GET', '/api/v1/session', { cookie })).status).toBe(200)
    await server.waiting('late-2', server.key('acme'))
    expect(await reader?.read()).toMatchObject({ done: false })
    await reader?.cancel()
  })

  test('replaces the earlier session of the browser, whose pages must not continue as somebody else', async () => {
    const before = await server.login('alice')
    const token_ = server.server.loginLink({ id: 'bob' }).split('#token=')[1]
    const opened = await server.call('POST', '/api/v1/session', {
      headers: { origin: server.url, cookie: before },
      body: { token: token_ },
    })

    expect(opened.body).toMatchObject({ actor: { id: 'bob' } })
    expect(
      (await server.call('GET', '/api/v1/session', { headers: { cookie: before } })).status,
    ).toBe(401)
  })

  test('survives a login that fails', async () => {
    const cookie = await server.login('alice')
    const failed = await server.call('POST', '/api/v1/session', {
      headers: { origin: server.url, cookie },
      body: { token: 'x'.repeat(43) },
    })

    expect(failed.status).toBe(401)
    expect((await server.call('GET', '/api/v1/session', { headers: { cookie } })).status).toBe(200)
  })

  test('can be ended whatever its scopes, and not by a page of another site', async () => {
    const cookie = await server.login('vera', [], 'acme', ['decide'])
    const end = async (headers: Record<string, string>) =>
      server.call('DELETE', '/api/v1/session', { headers })
    const decide = async () =>
      server.call('POST', '/api/v1/approvals/none/decisions', {
        cookie,
        body: { decision: 'approve', revision: 1, viewHash: 'a'.repeat(64) },
      })

    expect(await end({ cookie, origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect((await decide()).status).toBe(404)
    const { status, headers } = await end({ cookie, origin: server.url })
    expect(status).toBe(204)
    expect(headers.get('set-cookie')).toMatch(/=; .*Max-Age=0/)
    expect((await decide()).status).toBe(401)
    expect((await end({ cookie, origin: server.url })).status).toBe(204)
  })

  test('survives a restart of the server', async () => {
    const cookie = await server.login('erin')
    await server.restart()

    expect((await server.call('GET', '/api/v1/session', { cookie })).body).toMatchObject({
      actor: { id: 'erin' },
    })
  })
})

test('behind HTTPS the cookie is sent to no other host and in no plain request', async () => {
  const secure = await createTestServer({ publicUrl: 'https://loops.example.com' })
  const link = secure.server.loginLink({ id: 'alice' })
  const { headers } = await secure.call('POST', '/api/v1/session', {
    headers: { origin: 'https://loops.example.com' },
    body: { token: link.split('#token=')[1] },
  })
  const [name, secret] = headers.get('set-cookie')?.split(';')[0]?.split('=') ?? []
  const withCookie = async (cookie: string): Promise<number> =>
    (await secure.call('GET', '/api/v1/session', { headers: { cookie } })).status
  // Any neighbouring host can set a cookie of the plain name.
  const statuses = [
    await withCookie(`${name}=${secret}`),
    await withCookie(`loop_session=${secret}`),
  ]
  const { body: document } = await secure.call('GET', '/api/v1/openapi.json')
  await secure.close()

  expect(statuses).toEqual([200, 401])
  expect(link).toMatch(/^https:\/\/loops\.example\.com\/login#token=/)
  expect(headers.get('set-cookie')).toMatch(/^__Host-loop_session=.*; Secure$/)
  expect(document.components.securitySchemes.session.name).toBe(name)
  expect(headers.get('strict-transport-security')).toBeTruthy()
})
