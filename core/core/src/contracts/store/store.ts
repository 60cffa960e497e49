import type { StoredEntry } from '../../ledger/entry.ts'
import type { ApprovalRequest } from '../../model/approval.ts'
import type { Durability, LoopInstance } from '../../model/instance.ts'
import type { CommitPlan, CommitResult, IdempotencyRecord, Stop } from './commit.ts'
import type { StoreChange, TailPage, TailQuery } from './live.ts'
import type { LogHead, LogLeaf } from './log.ts'
import type {
  ClaimQuery,
  DeadLetter,
  OutboxClaim,
  OutboxItem,
  PostedMessage,
  Settlement,
} from './outbox.ts'
import type { ApprovalQuery, InstanceQuery, Page } from './query.ts'
import type { StoreRecipe } from './recipe.ts'
import type { StoreRetention } from './retention.ts'

/**
 * Keeps instances, their ledger, approvals, the outbox and the stops. `commit` is the only writer of governed
 * state; what it acknowledged is durable at `durability` and visible to every later read. It throws only when the
 * outcome is unknown (`unknown_outcome`), nothing was done (`unavailable`, retryable) or after `close` (`closed`);
 * repeating a plan with its idempotency key resolves the unknown. Plans of one call are independent. Every call settles:
 * its callers set no time limit, so a store gives up by itself, with one of these errors, instead of waiting for ever.
 */
export interface LoopStore {
  readonly contract: 'store/v1'
  readonly name: string
  readonly durability: Durability

  /** Prepares the store; safe to call from several starters at once, and again. */
  open(): Promise<void>
  commit(plans: readonly CommitPlan[]): Promise<readonly CommitResult[]>

  /** The open run of a business key, or else its newest. */
  get(tenant: string, aggregateId: string): Promise<LoopInstance | null>
  getRun(tenant: string, runId: string): Promise<LoopInstance | null>
  find(query: InstanceQuery): Promise<Page<LoopInstance>>
  /** Entries `from`..`to` of a run (inclusive, 1-based) in order, at most `limit` (1,000 by default). */
  entries(
    tenant: string,
    runId: string,
    range?: { from?: number; to?: number; limit?: number },
  ): Promise<readonly StoredEntry[]>
  /** The newest executed entry of a transition in a run. */
  lastExecuted(tenant: string, runId: string, transitionId: string): Promise<StoredEntry | null>

  approval(tenant: string, id: string): Promise<ApprovalRequest | null>
  approvals(query: ApprovalQuery): Promise<Page<ApprovalRequest>>
  /**
   * Keeps the reference in `messages` of the request, in place of an earlier one of the channel; false when the lease was
   * lost. No commit removes it, not even one that replaces the request by an older copy.
   */
  keepMessage(posted: PostedMessage): Promise<boolean>
  idempotency(tenant: string, principal: string, key: string): Promise<IdempotencyRecord | null>
  /** What a counter window holds now. */
  counter(tenant: string, key: string, bucket: number): Promise<number>
  spentBy(tenant: string, receipt: string): Promise<string | null>
  /** All stops in force, of every tenant. */
  stops(): Promise<readonly Stop[]>

  /** Definitions by digest; content-addressed, so writing one twice is the same as once. */
  putDefinition(digest: string, text: string): Promise<void>
  definition(digest: string): Promise<string | null>

  /** The item of this id: waiting, claimed or a dead letter. Need not find items that publish entries. */
  delivery(tenant: string, id: string): Promise<OutboxItem | null>
  /**
   * Leases due items, at most one per lane, in the order in which they became ready: when they were due, or their lease ran
   * out. An expired lease may be claimed again, with a higher fence; until somebody does, its item comes first in its lane.
   */
  claim(query: ClaimQuery): Promise<readonly OutboxClaim[]>
  /** One answer per settlement: whether the lease was still held. */
  settle(settlements: readonly Settlement[]): Promise<readonly boolean[]>
  /** Lengthens leases that are still held, to `until`, epoch milliseconds. */
  extend(
    leases: readonly { id: string; fence: number }[],
    until: number,
  ): Promise<readonly boolean[]>
  /** When the next item becomes due or its lease runs out, epoch milliseconds, or null. */
  nextDueAt(): Promise<number | null>
  deadLetters(query: { tenant: string; limit?: number; cursor?: string }): Promise<Page<DeadLetter>>
  /** Puts a dead letter back, due now, with a fresh count of attempts; false when there is none. */
  revive(tenant: string, id: string, dueAt: number): Promise<boolean>

  logHead(tenant: string): Promise<LogHead>
  /** Committed entries that no leaf names yet. Never skips an entry that was committed later than its neighbours. */
  unlogged(tenant: string, limit: number): Promise<readonly StoredEntry[]>
  /** Appends leaves and the new head; false when the size was not the expected one. Persisted before anything is signed. */
  appendLog(
    tenant: string,
    plan: { expectedSize: number; leaves: readonly LogLeaf[]; head: LogHead },
  ): Promise<boolean>
  /** Keeps the signed note of exactly this size and root; false when the head is another. */
  signLog(tenant: string, head: { size: number; root: string }, note: string): Promise<boolean>
  /** At most `limit` leaves in order, from index `from` on. */
  leaves(tenant: string, range: { from: number; limit: number }): Promise<readonly LogLeaf[]>
  /** At most `limit` leaves of a run in the order of its entries, from entry `from` on. */
  leavesOf(
    tenant: string,
    runId: string,
    range: { from: number; limit: number },
  ): Promise<readonly LogLeaf[]>

  /**
   * Optional. Calls `onChange` soon after another store object, in whatever process, committed to the same data. That is a
   * hint: it may come late, twice or, while the connection is lost, not at all, so whoever waits must poll as well. Resolves
   * when it listens, or after the first attempt if it has to go on trying, with the function that ends it. `onChange` must
   * not throw.
   */
  watch?(onChange: (change: StoreChange) => void): Promise<() => Promise<void>>
  /**
   * Optional. A tenant's entries behind a cursor, in one order that never changes, and by `seq` within a run. An entry whose
   * transaction began early and commits late is never skipped: younger entries are held back until then.
   */
  tail?(query: TailQuery): Promise<TailPage>

  /** Optional. For readers of so much data that threads should share the work. */
  readonly recipe?: StoreRecipe
  /** Optional. Drops old entries, and keeps the proof that they existed. */
  readonly retention?: StoreRetention
  /** Deletes idempotency keys and counter windows that ended before `before`; returns how many rows. */
  prune(before: number): Promise<number>
  close(): Promise<void>
}
