import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'

import { claimedIssuer, createOidcVerifier } from './oidc.ts'

const issuer = 'https://id.example.com'
const clock = { now: () => 150_000 }

/** A token of alice, and an issuer that can be unreachable or claim to be another one. */
async function open() {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }]
  const state = { isAway: false, issuer }
  const verifier = createOidcVerifier(
    {
      issuer,
      audience: ['loops', 'desk'],
      fetch: async (input) => {
        if (state.isAway) throw new TypeError('fetch failed')
        const url = String(input instanceof Request ? input.url : input)
        const isKeys = url.endsWith('/keys')
        return Response.json(
          isKeys ? { keys } : { issuer: state.issuer, jwks_uri: `${issuer}/keys` },
        )
      },
    },
    { clock },
  )
  const token = async (audience = 'loops'): Promise<string> =>
    new SignJWT({ iss: issuer, aud: audience, sub: 'alice', iat: 100, exp: 200 })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign(privateKey)
  return { state, verifier, token }
}

test.each(['loops', 'desk'])(
  'a token for one of several audiences is accepted: %s',
  async (aud) => {
    const { verifier, token } = await open()
    expect(await verifier.verify(await token(aud))).toMatchObject({ actor: { id: 'alice' } })
  },
)

test.each([{ isAway: true }, { issuer: 'https://evil.example.com' }])(
  'while the issuer is %j tokens are refused as retryable',
  async (fault) => {
    const { state, verifier, token } = await open()
    Object.assign(state, fault)
    await expect(verifier.verify(await token())).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })

    Object.assign(state, { isAway: false, issuer })
    expect(await verifier.verify(await token())).toMatchObject({ actor: { id: 'alice' } })
  },
)

test.each([[['HS256']], [['none']], [['ES256', 'HS512']], [[]]])(
  'algorithms with a shared secret, or none, are refused: %j',
  (algorithms) => {
    expect(() => createOidcVerifier({ issuer, audience: 'loops', algorithms }, { clock })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/algorithms' }),
    )
  },
)

test.each([
  // The value of an environment variable that is not set.
  ['/audience', { audience: '' }],
  ['/audience', { audience: undefined }],
  ['/audience', { audience: [] }],
  ['/audience', { audience: ['loops', ''] }],
  ['/issuer', { issuer: '' }],
  ['/issuer', { issuer: undefined }],
  ['/issuer', { issuer: 'id.example.com' }],
])(
  'settings that no token can match are refused when the server is made: %s %o',
  (path, change: object) => {
    expect(() => createOidcVerifier({ issuer, audience: 'loops', ...change }, { clock })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path }),
    )
  },
)

test('a text that is no token claims no issuer', () => {
  expect(claimedIssuer('a.b.c')).toBeNull()
})
