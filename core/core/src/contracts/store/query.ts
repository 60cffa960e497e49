import type { ApprovalStatus } from '../../model/approval.ts'
import type { InstanceStatus } from '../../model/instance.ts'

/** Part of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  /** Opaque; absent on the last page. */
  readonly cursor?: string
}

/** Runs that match everything that is given. */
export interface InstanceQuery {
  readonly tenant: string
  readonly loopId?: string
  readonly aggregateId?: string
  readonly state?: string
  readonly status?: InstanceStatus
  readonly tag?: string
  /** `updatedAt` bounds, epoch milliseconds, from inclusive, until exclusive. */
  readonly updatedFrom?: number
  readonly updatedUntil?: number
  /** At most 1,000; 100 by default. Ordered by `createdAt`, then `runId`. */
  readonly limit?: number
  /** Of the page before. */
  readonly cursor?: string
}

/** Requests that match everything that is given. */
export interface ApprovalQuery {
  readonly tenant: string
  readonly status?: ApprovalStatus
  readonly runId?: string
  readonly aggregateId?: string
  readonly loopId?: string
  /**
   * Requests that wait for one of these names; see `waitsFor`. A store that cannot tell some names or requests apart returns
   * too many requests, never too few. The request that has waited longest comes first.
   */
  readonly reviewers?: readonly string[]
  /** At most 1,000; 100 by default. Ordered by `createdAt` then `id`: newest first, but for `reviewers`. */
  readonly limit?: number
  /** Of the page before. */
  readonly cursor?: string
}
