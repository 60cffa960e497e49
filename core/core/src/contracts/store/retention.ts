/** Which entries may go. */
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
  /** Whole partitions that went at once, of stores that have them; 0 in a dry run. */
  readonly partitions: number
  /** Runs that are old enough and stay whole. */
  readonly kept: {
    /** An entry is in no log yet, or in no signed checkpoint. */
    readonly unsigned: number
    /** Something in the outbox, dead letters too, may still need the entries. */
    readonly undelivered: number
    /** An entry is missing, or is not the one that its leaf names: `verify` says which. */
    readonly damaged: number
  }
}

/** Entries 1 to `through` of a run are gone; their leaves are still in the log. */
export interface DroppedEntries {
  readonly through: number
  /** Hash of entry `through`: what comes after it still names it. */
  readonly head: string
  /** What was asked for, and when, epoch milliseconds. */
  readonly before: number
  readonly at: number
}

/**
 * Drops old entries and keeps their proofs. An entry goes only if its run is closed, if it is the one that its leaf
 * names, and if a signed checkpoint covers that leaf; it goes with all that are older in its run, and with the run's
 * approvals. Runs, leaves, checkpoints, spent receipts and idempotency keys stay. May be repeated, also after it failed
 * half-way, and while commits go on.
 */
export interface StoreRetention {
  drop(request: RetentionRequest): Promise<RetentionReport>
  /** What is gone of a run, or null. */
  dropped(tenant: string, runId: string): Promise<DroppedEntries | null>
}
