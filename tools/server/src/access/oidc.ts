import { isLoopError, LoopError, type Clock } from '@loop-engine/core'
import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose'

import { principalOf } from './oidc-claims.ts'
import type { Principal, Scope } from './principal.ts'

export interface OidcOptions {
  /** The `iss` of the tokens, written exactly the same. */
  readonly issuer: string
  /** The tokens must have one of these in `aud`. */
  readonly audience: string | readonly string[]
  /** The URL of the issuer's keys; by default it is taken from the discovery document of the issuer. */
  readonly jwksUri?: string
  /** Signature algorithms that are accepted, all of them asymmetric; RS256, PS256, ES256 and EdDSA by default. */
  readonly algorithms?: readonly string[]
  /** How far the issuer's clock may be off; 30,000 by default. */
  readonly clockToleranceMs?: number
  /** The claim with the id of the person, `sub` by default. Its value must be unique and must never be given to another. */
  readonly idClaim?: string
  /** Put before the id, so that the people of several issuers differ. */
  readonly idPrefix?: string
  readonly rolesClaim?: string
  readonly groupsClaim?: string
  /** The claim that names the tenant; without it everybody belongs to `tenant`. */
  readonly tenantClaim?: string
  readonly tenant?: string
  /** The scopes of every token; read, decide and stop by default. */
  readonly scopes?: readonly Scope[]
  /** The scopes that a role adds. */
  readonly scopesOfRole?: Readonly<Record<string, readonly Scope[]>>
  /** Whether a token is that of a person; by default every token is, unless a client got it for itself. */
  readonly isPerson?: (claims: Readonly<Record<string, unknown>>) => boolean
  readonly fetch?: typeof globalThis.fetch
}

export interface OidcVerifier {
  /** Throws `auth`, or `unavailable` if the issuer's keys cannot be fetched. */
  verify(token: string): Promise<Principal>
}

const asymmetric = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]

/** Verifies bearer tokens of one issuer. Its keys are fetched when first needed, and kept. */
export function createOidcVerifier(
  options: OidcOptions,
  { clock }: { readonly clock: Pick<Clock, 'now'> },
): OidcVerifier {
  const {
    issuer,
    audience,
    algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA'],
    clockToleranceMs = 30_000,
  } = options
  const weak = algorithms.find((algorithm) => !asymmetric.includes(algorithm))
  if (weak !== undefined || algorithms.length === 0)
    throw new LoopError('invalid_config', 'Tokens must be signed with an asymmetric algorithm.', {
      path: '/algorithms',
      hint: `Use some of ${asymmetric.join(', ')}.`,
    })
  if (!URL.canParse(issuer))
    throw new LoopError('invalid_config', 'The issuer is no URL.', {
      path: '/issuer',
      hint: 'Write it exactly as the tokens have it in `iss`.',
    })
  // Without an audience every token would be refused, without a reason that anybody sees.
  const audiences = [audience].flat()
  if (audiences.length === 0 || audiences.some((name) => typeof name !== 'string' || name === ''))
    throw new LoopError('invalid_config', 'The audience is missing or empty.', {
      path: '/audience',
      hint: 'Give the value that tokens must have in `aud`. Is the environment variable set?',
    })
  let keys: Promise<JWTVerifyGetKey> | undefined
  const keysOnce = (): Promise<JWTVerifyGetKey> =>
    (keys ??= openKeys(options).catch((error: unknown) => {
      keys = undefined
      throw error
    }))

  return {
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, await keysOnce(), {
          issuer,
          audience: audiences,
          algorithms: [...algorithms],
          clockTolerance: clockToleranceMs / 1000,
          currentDate: new Date(clock.now()),
          requiredClaims: ['sub', 'exp'],
          // Any age will do. The option makes jose require `iat`, and refuse one in the future.
          maxTokenAge: Number.MAX_SAFE_INTEGER,
        })
        return principalOf(payload, { ...options, clockToleranceMs })
      } catch (error) {
        throw asAuthError(error)
      }
    },
  }
}

/** The issuer that an unverified token claims; used only to choose the verifier. */
export function claimedIssuer(token: string): string | null {
  try {
    return decodeJwt(token).iss ?? null
  } catch {
    return null
  }
}

async function openKeys({
  issuer,
  jwksUri,
  fetch = globalThis.fetch,
}: OidcOptions): Promise<JWTVerifyGetKey> {
  const uri = jwksUri ?? (await discover(issuer, fetch))
  return createRemoteJWKSet(new URL(uri), {
    [customFetch]: fetch,
    timeoutDuration: 5000,
    cooldownDuration: 30_000,
    cacheMaxAge: 600_000,
  })
}

async function discover(issuer: string, fetch: typeof globalThis.fetch): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(5000) })
    const found = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown }
    if (response.ok && found.issuer === issuer && typeof found.jwks_uri === 'string')
      return found.jwks_uri
  } catch {
    // The error below does not quote the answer of the issuer.
  }
  throw new LoopError('unavailable', 'The discovery document of the issuer could not be fetched.', {
    retryable: true,
    hint: 'Give the URL of the keys with jwksUri.',
  })
}

/** The caller does not learn which check of the token failed, and the token is never quoted. */
function asAuthError(error: unknown): LoopError {
  if (isLoopError(error)) return error
  if (error instanceof errors.JWTExpired) return new LoopError('auth', 'The token has expired.')
  const unreachable =
    error instanceof errors.JWKSTimeout ||
    !(error instanceof errors.JOSEError) ||
    error.code === 'ERR_JOSE_GENERIC'
  if (unreachable)
    return new LoopError('unavailable', "The issuer's keys could not be fetched.", {
      retryable: true,
    })
  return new LoopError('auth', 'The token was not accepted.')
}
