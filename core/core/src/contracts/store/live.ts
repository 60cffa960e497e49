import type { StoredEntry } from '../../ledger/entry.ts'

/** What others committed within a few milliseconds. */
export interface StoreChange {
  /** Whether something may be new in the outbox; false if entries were only recorded. */
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
  /** Opaque; where the next page begins, also when there is nothing yet. */
  readonly cursor: string
}

export interface TailedEntry {
  readonly entry: StoredEntry
  /** Opaque; where a page behind this entry begins. */
  readonly cursor: string
}
