import { actorSchema, LoopError, type Actor } from '@loop-engine/core'

/** What a credential may be used for. The engine judges besides whether a transition or decision is allowed. */
export const scopes = [
  /** Definitions, runs, records, approvals, events and metrics. */
  'read',
  /** Start runs, attempt transitions, suspend, cancel and fail runs, withdraw requests. */
  'run',
  /** Decide on approval requests; the engine lets only people do so. */
  'decide',
  /** Pull the kill switch. */
  'stop',
  /** Release stops, resume and migrate runs, erase evidence, retry dead letters. */
  'operate',
  /** Export the record, and verify all of it. */
  'export',
  /** Make and revoke API keys; only people. */
  'keys',
  /** Stop and release everything, whatever the tenant. */
  'platform',
] as const
export type Scope = (typeof scopes)[number]

/** The sender of a request, as its credential proves. */
export interface Principal {
  readonly kind: 'key' | 'oidc' | 'session'
  /** Names the credential within its tenant, in logs and limits; never the credential itself. */
  readonly credential: string
  readonly tenant: string
  /** Without attribution to a model; `assurance` says how the actor was authenticated. */
  readonly actor: Actor
  readonly scopes: readonly Scope[]
  /** When the credential expires, epoch milliseconds; null for never. */
  readonly expiresAt: number | null
}

/** The account on which limits are counted. It includes the tenant: the same id in two tenants is not the same person. */
export function accountOf({ tenant, credential }: Principal): string {
  return `${tenant}:${credential}`
}

/** No colon is allowed, because colons divide the parts of a stop's scope, and the tenant is one part. */
export const tenantPattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/

/** Throws `invalid_config` for a tenant or an actor that the engine would refuse in every request. */
export function checkHolder(tenant: string, actor: Actor): void {
  if (!tenantPattern.test(tenant))
    throw new LoopError(
      'invalid_config',
      'A tenant must consist of letters, digits, dots, dashes and underscores, and begin with a letter or digit.',
    )
  if (!actorSchema.safeParse(actor).success)
    throw new LoopError('invalid_config', 'The actor of the credential is not valid.', {
      hint: 'An id has 1 to 256 characters, and a role 1 to 128.',
    })
}
