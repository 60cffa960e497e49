import type { LoopServer, OidcOptions } from '@loop-engine/server'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

export interface Issuer {
  readonly options: OidcOptions
  /** A token with which a person acts personally. */
  tokenOf(id: string, role: string): Promise<string>
}

/** An OpenID Connect issuer without a socket. */
export async function createIssuer(): Promise<Issuer> {
  const issuer = 'https://id.example.com'
  const { publicKey, privateKey } = await generateKeyPair('EdDSA')
  const keys = [{ ...(await exportJWK(publicKey)), kid: '1', alg: 'EdDSA' }]
  return {
    options: {
      issuer,
      audience: 'loops',
      jwksUri: `${issuer}/keys`,
      scopes: ['read', 'decide'],
      rolesClaim: 'roles',
      fetch: async () => Response.json({ keys }),
    },
    tokenOf: (id, role) =>
      new SignJWT({ roles: [role] })
        .setProtectedHeader({ alg: 'EdDSA', kid: '1' })
        .setIssuer(issuer)
        .setAudience('loops')
        .setSubject(id)
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(privateKey),
  }
}

/** The cookie of a person who followed a login link. */
export async function logIn(server: LoopServer, url: string): Promise<string> {
  const link = server.loginLink({ id: 'alice', roles: ['finance'], tenant: 'default' })
  const { headers } = await fetch(`${url}/api/v1/session`, {
    method: 'POST',
    headers: { origin: url, 'content-type': 'application/json' },
    body: JSON.stringify({ token: link.split('#token=')[1] }),
  })
  return headers.get('set-cookie')?.split(';')[0] ?? ''
}
