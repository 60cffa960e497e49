import { LoopError, parseDuration, refuseStrayKeys, type KnownKeys } from '@loop-engine/core'

/** What one call may use. A call beyond a limit is refused before anything is committed. */
export interface Limits {
  /** UTF-8 bytes of one attempt's evidence. */
  readonly maxEvidenceBytes: number
  /** Levels of nesting of one attempt's evidence. */
  readonly maxEvidenceDepth: number
  /** How long to wait for a guard before it has failed. */
  readonly guardTimeoutMs: number
  /** How long the receipt of an execution may be spent. */
  readonly receiptTtlMs: number
  /** How often a conflicting commit is judged again. */
  readonly maxConflictRetries: number
  /** How long an effect may run if its definition does not say; also for a notice, an event or a lookup in the directory. */
  readonly effectTimeoutMs: number
  /** How long a relay worker owns an item that it claimed, unless it renews the lease. */
  readonly leaseMs: number
  /** How long the relay sleeps if nothing is due and nobody wakes it. */
  readonly pollMs: number
  /** Failed attempts of an effect, or refused deliveries, before a dead letter. */
  readonly maxAttempts: number
  /** Deliveries while the other side, or the store, is away: about a day by default, since full jitter halves the pauses. */
  readonly maxNotifications: number
  /** First and longest pause between deliveries; it doubles, with full jitter. */
  readonly backoffMs: { readonly first: number; readonly longest: number }
  /**
   * Deliveries in progress at once. A delivery that takes more than a second counts no longer, but there are never more
   * than this many effects, or deliveries to one destination.
   */
  readonly concurrency: number
  /** For how long a repetition of an idempotency key gets the stored answer. */
  readonly keyTtlMs: number
  /** Instances kept in memory between calls. */
  readonly maxCachedInstances: number
}

/** What holds unless a system is told otherwise. */
export const defaultLimits: Limits = Object.freeze({
  maxEvidenceBytes: 256 * 1024,
  maxEvidenceDepth: 64,
  guardTimeoutMs: 2000,
  receiptTtlMs: 86_400_000,
  maxConflictRetries: 16,
  effectTimeoutMs: 30_000,
  leaseMs: 30_000,
  pollMs: 500,
  maxAttempts: 8,
  maxNotifications: 3000,
  backoffMs: Object.freeze({ first: 100, longest: 60_000 }),
  concurrency: 16,
  keyTtlMs: 30 * 86_400_000,
  maxCachedInstances: 10_000,
})

const keys: KnownKeys<Limits> = {
  maxEvidenceBytes: true,
  maxEvidenceDepth: true,
  guardTimeoutMs: true,
  receiptTtlMs: true,
  maxConflictRetries: true,
  effectTimeoutMs: true,
  leaseMs: true,
  pollMs: true,
  maxAttempts: true,
  maxNotifications: true,
  backoffMs: true,
  concurrency: true,
  keyTtlMs: true,
  maxCachedInstances: true,
}
const mayBeZero: ReadonlySet<string> = new Set([
  'maxConflictRetries',
  'keyTtlMs',
  'first',
  'longest',
])
const most = parseDuration('365000d')

/** The limits of a system, with defaults for those not given. Throws `invalid_config` with the path of a bad limit. */
export function readLimits(given: Partial<Limits> = {}): Limits {
  const path = '/limits'
  refuseStrayKeys(given, keys, { what: 'A set of limits', code: 'invalid_config', path })
  const own = Object.entries(given).filter(([, value]) => value !== undefined)
  const { backoffMs, ...counts } = { ...defaultLimits, ...Object.fromEntries(own) }
  checkCounts(counts, path)
  const known = { first: true, longest: true } as const
  refuseStrayKeys(backoffMs, known, {
    what: 'A backoff',
    code: 'invalid_config',
    path: `${path}/backoffMs`,
  })
  const { first, longest } = backoffMs
  checkCounts({ first, longest }, `${path}/backoffMs`)
  return { ...counts, backoffMs: { first, longest } }
}

function checkCounts(counts: Readonly<Record<string, unknown>>, path: string): void {
  for (const [key, value] of Object.entries(counts)) {
    const least = mayBeZero.has(key) ? 0 : 1
    if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) continue
    throw new LoopError('invalid_config', `A limit is a whole number from ${least} on.`, {
      path: `${path}/${key}`,
      hint: 'Leave it out for the default; times are in milliseconds.',
    })
  }
}
