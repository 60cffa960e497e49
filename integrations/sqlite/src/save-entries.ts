import type { StoredEntry } from '@loop-engine/core'

import type { Connection } from './connection.ts'

/** Appends entries to the ledger of a run. */
export function createEntryWriter({
  prepare,
}: Connection): (tenant: string, entries: readonly StoredEntry[]) => void {
  const append = prepare(`
    INSERT INTO entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  return (tenant, entries) => {
    for (const { runId, seq, type, transitionId, at, hash, body, evidence, salt } of entries)
      append.run(tenant, runId, seq, type, transitionId, at, hash, body, evidence, salt)
  }
}
