import {
  LoopError,
  refuseStrayKeys,
  type Channel,
  type KnownKeys,
  type LoopStore,
} from '@loop-engine/core'
import type { GetApproval } from '@loop-engine/core/decision-page'
import type { NoteSigner } from '@loop-engine/observability'
import type { Intake, LoopSystemOptions } from '@loop-engine/sdk'

import type { OidcOptions } from './access/oidc.ts'
import type { CallbackOptions } from './callbacks.ts'
import type { Timeouts } from './http/listen.ts'
import type { RateLimit } from './http/rate-limit.ts'
import type { Logger } from './log.ts'

/** What channels may call of the system that is served. */
export interface ChannelHost {
  readonly decide: Intake
  readonly getApproval: GetApproval
}

export interface LoopServerOptions extends Omit<
  LoopSystemOptions,
  'store' | 'identity' | 'channels' | 'onError'
> {
  readonly store: LoopStore
  /** Path of the SQLite file that keeps digests of keys and sessions; in memory by default. */
  readonly accessPath?: string
  readonly oidc?: readonly OidcOptions[]
  /** Serves the Model Context Protocol at `/mcp`; clients may start the loops of these ids. */
  readonly mcp?: { readonly startable?: readonly string[] }
  /** Says who a person is today; asked again at each decision. See `identity.directory` of `createLoopSystem`. */
  readonly directory?: NonNullable<LoopSystemOptions['identity']>['directory']
  /** Channels, or a function that makes them from their host. */
  readonly channels?: readonly Channel[] | ((host: ChannelHost) => readonly Channel[])
  /** Which addresses the server may call back when an approval request is closed; its requester names the address. */
  readonly callbacks?: CallbackOptions
  /** The folder of a built console. */
  readonly console?: string
  /** The address under which people reach the server, such as `https://loops.example.com`; by default where it listens. */
  readonly publicUrl?: string
  /** Signs exports. */
  readonly signer?: NoteSigner
  readonly logger?: Logger
  readonly maxBodyBytes?: number
  readonly requestTimeoutMs?: number
  readonly timeouts?: Partial<Timeouts>
  readonly rateLimit?: RateLimit
  /** The limit for callers whose credentials are not accepted, counted by address. */
  readonly strangerLimit?: RateLimit
  readonly trustedProxies?: number
  readonly sessionTtlMs?: number
  readonly stream?: {
    readonly heartbeatMs?: number
    readonly stallMs?: number
    readonly perCredential?: number
  }
}

const keys: KnownKeys<LoopServerOptions> = {
  loops: true,
  store: true,
  guards: true,
  channels: true,
  integrations: true,
  sinks: true,
  redaction: true,
  limits: true,
  clock: true,
  ids: true,
  elapsedUs: true,
  relay: true,
  telemetry: true,
  accessPath: true,
  oidc: true,
  mcp: true,
  directory: true,
  callbacks: true,
  console: true,
  publicUrl: true,
  signer: true,
  logger: true,
  maxBodyBytes: true,
  requestTimeoutMs: true,
  timeouts: true,
  rateLimit: true,
  strangerLimit: true,
  trustedProxies: true,
  sessionTtlMs: true,
  stream: true,
}
const oidcKeys: KnownKeys<OidcOptions> = {
  issuer: true,
  audience: true,
  jwksUri: true,
  algorithms: true,
  clockToleranceMs: true,
  idClaim: true,
  idPrefix: true,
  rolesClaim: true,
  groupsClaim: true,
  tenantClaim: true,
  tenant: true,
  scopes: true,
  scopesOfRole: true,
  isPerson: true,
  fetch: true,
}
const mcpKeys: KnownKeys<NonNullable<LoopServerOptions['mcp']>> = { startable: true }
const callbackKeys: KnownKeys<CallbackOptions> = { origins: true, secrets: true, allow: true }
const rateKeys: KnownKeys<RateLimit> = { burst: true, perSecond: true }
const streamKeys: KnownKeys<NonNullable<LoopServerOptions['stream']>> = {
  heartbeatMs: true,
  stallMs: true,
  perCredential: true,
}
const timeoutKeys: KnownKeys<Timeouts> = {
  idleMs: true,
  headersMs: true,
  requestMs: true,
  keepAliveMs: true,
}

/** Throws `invalid_config` for an option that would be ignored, and for a limit that would limit nothing. */
export function checkOptions(options: LoopServerOptions): void {
  refuse(options, keys, '')
  const { oidc = [], mcp, callbacks, rateLimit, strangerLimit, stream, timeouts } = options
  if (!Array.isArray(oidc)) throw wrong('/oidc', 'Give a list.')
  for (const [index, issuer] of oidc.entries()) refuse(issuer, oidcKeys, `/oidc/${index}`)
  if (mcp !== undefined) refuse(mcp, mcpKeys, '/mcp')
  if (callbacks !== undefined) refuse(callbacks, callbackKeys, '/callbacks')

  for (const [name, rate] of Object.entries({ rateLimit, strangerLimit })) {
    if (rate === undefined) continue
    refuse(rate, rateKeys, `/${name}`)
    const { burst, perSecond } = rate
    // Both numbers must be given: one of them alone would limit nothing.
    checkNumbers({ burst: burst ?? null, perSecond: perSecond ?? null }, `/${name}`)
  }
  for (const [name, group, known] of [
    ['stream', stream, streamKeys],
    ['timeouts', timeouts, timeoutKeys],
  ] as const) {
    if (group === undefined) continue
    refuse(group, known, `/${name}`)
    checkNumbers(group, `/${name}`)
  }
  const { maxBodyBytes, requestTimeoutMs, trustedProxies, sessionTtlMs } = options
  checkNumbers({ maxBodyBytes, requestTimeoutMs, sessionTtlMs }, '')
  // Zero is allowed: most servers have no proxy in front.
  if (trustedProxies !== 0) checkNumbers({ trustedProxies }, '')
}

function refuse(given: unknown, known: Readonly<Record<string, true>>, path: string): void {
  refuseStrayKeys(given, known, { what: 'createLoopServer', code: 'invalid_config', path })
}

function checkNumbers(numbers: object, path: string): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (value === undefined || (typeof value === 'number' && value > 0)) continue
    throw wrong(`${path}/${name}`, 'Give a number above zero.')
  }
}

function wrong(path: string, hint: string): LoopError {
  return new LoopError(
    'invalid_config',
    'createLoopServer was given an option that it cannot use.',
    {
      path,
      hint,
    },
  )
}
