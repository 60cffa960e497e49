import type { Connection } from './connection/connection.ts'

/** Writes that are no commits. All expect to run inside a transaction. */
export interface Upkeep {
  putDefinition(digest: string, text: string): void
  /** Deletes a batch of old keys and counters, and returns how many; 0 when none are left. */
  prune(before: number): number
}

/** Bounds how long one transaction keeps the thread, and other processes, waiting. */
const batch = 2000

export function createUpkeep({ prepare }: Connection): Upkeep {
  const define = prepare(
    'INSERT INTO definition (digest, text) VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const pruneKeys = prepare(`
    DELETE FROM idempotency WHERE rowid IN (SELECT rowid FROM idempotency WHERE at < ? LIMIT ${batch})`)
  const pruneCounters = prepare(`
    DELETE FROM counter WHERE (tenant, key, bucket) IN (
      SELECT tenant, key, bucket FROM counter WHERE expires_at < ? LIMIT ${batch})`)
  return {
    putDefinition: (digest, text) => void define.run(digest, text),
    prune: (before) => pruneKeys.run(before) + pruneCounters.run(before),
  }
}
