import { actorSchema, LoopError, type Actor } from '@loop-engine/core'

/** What a credential may be used for. Whether a transition or decision is allowed is the engine's to judge. */
export const scopes = [
  /** Definitions, runs, records, approvals, events and metrics. */
  'read',
  /** Start runs, attempt transitions, suspend, cancel and fail runs, withdraw requests. */
  'run',
  /** Decide on approval requests; the engine lets only people. */
  'decide',
  /** Pull the kill switch. */
  'stop',
  /** Release stops, resume and migrate runs, erase evidence, retry dead letters. */
  'operate',
  /** Take the record away, and verify all of it. */
  'export',
  /** Make and revoke API keys; only people. */
  'keys',
  /** Stop and release everything, whatever the tenant. */
  'platform',
] as const
export type Scope = (typeof scopes)[number]

/** Who sent a request, as far as its credential proves. */
export interface Principal {
  readonly kind: 'key' | 'oidc' | 'session'
  /** Names the credential within its tenant, in logs and limits; never the credential itself. */
  readonly credential: string
  readonly tenant: string
  /** Without attribution; `assurance` says how it became known. */
  readonly actor: Actor
  readonly scopes: readonly Scope[]
  /** When the credential ends, epoch milliseconds. */
  readonly expiresAt: number | null
}

/** Who pays for a request: people of the same name in two tenants have nothing to do with each other. */
export function accountOf({ tenant, credential }: Principal): string {
  return `${tenant}:${credential}`
}

/** Tenants and the like stand inside scopes of stops, whose parts a colon divides. */
export const tenantPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/

/** Throws `invalid_config` for a tenant or somebody that there cannot be: no request with such a credential would succeed. */
export function checkHolder(tenant: string, actor: Actor): void {
  if (!tenantPattern.test(tenant))
    throw new LoopError(
      'invalid_config',
      'A tenant is letters, digits, dots, dashes and underscores.',
    )
  if (!actorSchema.safeParse(actor).success)
    throw new LoopError('invalid_config', 'Nobody can be whom the credential is for.', {
      hint: 'An id has 1 to 256 characters, and a role 1 to 128.',
    })
}
