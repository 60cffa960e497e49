import type { StoredEntry } from '../../ledger/entry.ts'

/** What somebody else committed, gathered over a few milliseconds. */
export interface StoreChange {
  /** Whether something may have been put into the outbox; or else entries were only recorded. */
  readonly outbox: boolean
}

export interface TailQuery {
  readonly tenant: string
  /** A cursor of `tail`; `now` for what is committed from now on; absent for everything. */
  readonly after?: string
  /** At most 1,000; 100 by default. */
  readonly limit?: number
}

export interface TailPage {
  readonly items: readonly TailedEntry[]
  /** Opaque; where to go on, also when there is nothing yet. */
  readonly cursor: string
}

export interface TailedEntry {
  readonly entry: StoredEntry
  /** Where to go on behind this entry. */
  readonly cursor: string
}
