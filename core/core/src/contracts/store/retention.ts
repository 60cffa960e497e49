/** Which entries may be dropped. */
export interface RetentionRequest {
  /** Epoch milliseconds: only runs that are closed, and whose last entry is older than this. */
  readonly before: number
  /** Only this tenant; every tenant by default. */
  readonly tenant?: string
  /** Proves and counts, and drops nothing. */
  readonly dryRun?: boolean
}

/** What was dropped, and what stays for now. */
export interface RetentionReport {
  /** Runs whose entries were dropped, or would be. */
  readonly runs: number
  readonly entries: number
  /** Partitions that were dropped as a whole, in stores that have them; 0 in a dry run. */
  readonly partitions: number
  /** Runs that are old enough and stay whole. */
  readonly kept: {
    /** An entry is in no log yet, or in no signed checkpoint. */
    readonly unsigned: number
    /** An item in the outbox, or a dead letter, may still need the entries. */
    readonly undelivered: number
    /** An entry is missing, or is not the one that its leaf names: `verify` says which. */
    readonly damaged: number
  }
}

/** Entries 1 to `through` of a run are gone; their leaves are still in the log. */
export interface DroppedEntries {
  readonly through: number
  /** Hash of entry `through`, which the next entry still names. */
  readonly head: string
  /** The bound that was asked for, epoch milliseconds. */
  readonly before: number
  /** When they were dropped, epoch milliseconds. */
  readonly at: number
}

/**
 * Drops old entries and keeps their proofs. An entry is dropped only if its run is closed, if the entry is the one that its
 * leaf names, and if a signed checkpoint covers that leaf; then all older entries of the run and the run's approvals are
 * dropped too. Runs, leaves, checkpoints, spent receipts and idempotency keys stay. May be repeated, also after it failed
 * half-way, and while commits go on.
 */
export interface StoreRetention {
  drop(request: RetentionRequest): Promise<RetentionReport>
  dropped(tenant: string, runId: string): Promise<DroppedEntries | null>
}
