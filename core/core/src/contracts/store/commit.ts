import { LoopError } from '../../errors.ts'
import type { StoredEntry } from '../../ledger/entry.ts'
import type { ApprovalRequest } from '../../model/approval.ts'
import type { LoopInstance } from '../../model/instance.ts'
import type { Reservation } from '../../model/reservation.ts'
import type { OutboxItem } from './outbox.ts'

/** A switch that refuses every commit which names its scope. */
export interface Stop {
  /** See `stopScope`. */
  readonly scope: string
  readonly reason: string
  readonly by: string
  /** Epoch milliseconds. */
  readonly at: number
}

/** One atomic change of one run. All of it becomes visible, or nothing. */
export interface CommitPlan {
  readonly tenant: string
  /** The run as it will be. */
  readonly instance: LoopInstance
  /** The `version` that was judged; 0 when the run is new. */
  readonly expectedVersion: number
  readonly entries: readonly StoredEntry[]
  /** Stop scopes that forbid this change; empty for changes that a stop must not hold up. */
  readonly scopes: readonly string[]
  /** Whole requests to insert or replace. */
  readonly approvals?: readonly ApprovalRequest[]
  readonly outbox?: readonly OutboxItem[]
  /** Ids of waiting items that are no longer wanted, never of items that publish entries; unknown ids are ignored. */
  readonly cancel?: readonly string[]
  readonly idempotency?: IdempotencyRecord
  readonly reservations?: readonly Reservation[]
  /** The receipt (hash of an executed entry) that this commit spends, and who spends it. */
  readonly spend?: { readonly receipt: string; readonly by: string }
  /** The claimed item that this commit finishes; refused when the lease was lost. */
  readonly settle?: { readonly id: string; readonly fence: number }
  /** The claimed item under which this commit is made, without finishing it. */
  readonly fence?: { readonly id: string; readonly fence: number }
  readonly stops?: { readonly set?: readonly Stop[]; readonly clear?: readonly string[] }
  /** Entries of this run whose evidence and salt are deleted. */
  readonly erase?: readonly number[]
}

/** What was answered to a request that named a key. */
export interface IdempotencyRecord {
  /** The principal that owns the key: `type:id`. */
  readonly principal: string
  readonly key: string
  /** Digest of the command; the same key with another one is refused. */
  readonly fingerprint: string
  /** JSON text that a repetition gets. */
  readonly answer: string
  /** Epoch milliseconds. */
  readonly at: number
}

/**
 * Checked in this order, before anything is written: key, fence, stop, version, receipt, limits.
 * `conflict` means that the version was not the expected one at some moment during the call, or that
 * the business key has another open run. The `detail` of a refusal names the stop or the counter by its key.
 */
export type CommitResult =
  | { readonly kind: 'committed' }
  | { readonly kind: 'duplicate'; readonly answer: string }
  | { readonly kind: 'key-mismatch' }
  | { readonly kind: 'conflict'; readonly actual: number | null }
  | {
      readonly kind: 'refused'
      readonly reason: 'fenced' | 'stopped' | 'spent' | 'limit'
      readonly detail: string
    }

/** Throws `invalid_input` for a plan whose entries do not continue its run. Stores call this before they judge. */
export function checkSequence({ instance, entries, expectedVersion }: CommitPlan): void {
  const isNext = entries.every(({ seq }, index) => seq === expectedVersion + index + 1)
  if (isNext && instance.version === expectedVersion + entries.length) return
  throw new LoopError('invalid_input', 'The entries of a plan do not continue its run.', {
    details: { runId: instance.runId, expectedVersion },
  })
}
