import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'

import { claimedIssuer, createOidcVerifier } from './oidc.ts'

const issuer = 'https://id.example.com'
const clock = { now: () => 150_000 }

/** A token of alice, and an issuer that is away, or claims to be another, as a test says. */
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

test.each(['loops', 'desk'])('a token for one of several audiences is good: %s', async (aud) => {
  const { verifier, token } = await open()
  expect(await verifier.verify(await token(aud))).toMatchObject({ actor: { id: 'alice' } })
})

test.each([{ isAway: true }, { issuer: 'https://evil.example.com' }])(
  'while its issuer is %j no token is judged, and every one may be sent again',
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
  'no secret that two share signs for people, nor nothing: %j',
  (algorithms) => {
    expect(() => createOidcVerifier({ issuer, audience: 'loops', algorithms }, { clock })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/algorithms' }),
    )
  },
)

test.each([
  // As an environment variable that is not set has it.
  ['/audience', { audience: '' }],
  ['/audience', { audience: undefined }],
  ['/audience', { audience: [] }],
  ['/audience', { audience: ['loops', ''] }],
  ['/issuer', { issuer: '' }],
  ['/issuer', { issuer: undefined }],
  ['/issuer', { issuer: 'id.example.com' }],
])(
  'an issuer that no token can fit is refused when the server is made: %s %o',
  (path, change: object) => {
    expect(() => createOidcVerifier({ issuer, audience: 'loops', ...change }, { clock })).toThrow(
      expect.objectContaining({ code: 'invalid_config', path }),
    )
  },
)

test('what is no token claims no issuer', () => {
  expect(claimedIssuer('a.b.c')).toBeNull()
})
