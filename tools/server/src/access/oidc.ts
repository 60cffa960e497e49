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
  /** Exactly as the tokens have it in `iss`. */
  readonly issuer: string
  /** What the tokens must have in `aud`. */
  readonly audience: string | readonly string[]
  /** Where the keys are; found through the issuer's discovery document when absent. */
  readonly jwksUri?: string
  /** Signature algorithms that are accepted; asymmetric ones only. */
  readonly algorithms?: readonly string[]
  /** How far the issuer's clock may be off. */
  readonly clockToleranceMs?: number
  /** The claim that names the person; must be unique and never given to another. */
  readonly idClaim?: string
  /** Stands before the id, to tell several issuers apart. */
  readonly idPrefix?: string
  readonly rolesClaim?: string
  readonly groupsClaim?: string
  /** The claim that names the tenant; without it everybody belongs to `tenant`. */
  readonly tenantClaim?: string
  readonly tenant?: string
  /** What everybody may use the API for. */
  readonly scopes?: readonly Scope[]
  /** What a role adds. */
  readonly scopesOfRole?: Readonly<Record<string, readonly Scope[]>>
  /** Whether a token speaks for a person; by default one that no client got for itself. */
  readonly isPerson?: (claims: Readonly<Record<string, unknown>>) => boolean
  readonly fetch?: typeof globalThis.fetch
}

export interface OidcVerifier {
  /** Throws `auth`, or `unavailable` when the issuer's keys cannot be had. */
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
    throw new LoopError('invalid_config', 'The issuer of tokens is no address.', {
      path: '/issuer',
      hint: 'Write it exactly as the tokens have it in `iss`.',
    })
  // Else every token would be refused, and nobody told why.
  const audiences = [audience].flat()
  if (audiences.length === 0 || audiences.some((name) => typeof name !== 'string' || name === ''))
    throw new LoopError('invalid_config', 'Tokens have to be for somebody.', {
      path: '/audience',
      hint: 'Write what the tokens must have in `aud`; is the environment variable set?',
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
          // However old: with a greatest age `iat` is asked for, and may not lie in the future.
          maxTokenAge: Number.MAX_SAFE_INTEGER,
        })
        return principalOf(payload, { ...options, clockToleranceMs })
      } catch (error) {
        throw asAuthError(error)
      }
    },
  }
}

/** The issuer that a token claims, to choose a verifier by; nothing is believed of it. */
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
    // Told below, without the answer of the issuer.
  }
  throw new LoopError('unavailable', 'The discovery document of the issuer could not be had.', {
    retryable: true,
    hint: 'Name the keys with jwksUri.',
  })
}

/** Which check failed is nobody's business but the log's; a token is never quoted. */
function asAuthError(error: unknown): LoopError {
  if (isLoopError(error)) return error
  if (error instanceof errors.JWTExpired) return new LoopError('auth', 'The token is over.')
  const unreachable =
    error instanceof errors.JWKSTimeout ||
    !(error instanceof errors.JOSEError) ||
    error.code === 'ERR_JOSE_GENERIC'
  if (unreachable)
    return new LoopError('unavailable', "The issuer's keys could not be had.", { retryable: true })
  return new LoopError('auth', 'The token was not accepted.')
}
