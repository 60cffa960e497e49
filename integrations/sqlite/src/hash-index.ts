import type { StoredEntry } from '@loop-engine/core'

import type { Connection } from './connection.ts'
import { entryColumns, toEntry, type EntryRow } from './rows.ts'

/**
 * Finds entries by hash. Hashes fall anywhere, so indexing them one by one would cost every commit
 * a page of its own: they are indexed in bulk when somebody asks, and the newest are looked through.
 */
export interface HashIndex {
  find(tenant: string, hash: string): StoredEntry | null
  /** Whether too many entries wait to be indexed. */
  isBehind(): boolean
  /** Indexes some of them. Expects to run inside a transaction. */
  catchUp(): void
}

const tolerated = 1000
const atOnce = 2000

export function createHashIndex({ prepare }: Connection): HashIndex {
  const newest = prepare<EntryRow>(`
    SELECT ${entryColumns} FROM entry
    WHERE pos > (SELECT hashed FROM progress) AND hash = ? AND tenant = ? ORDER BY pos DESC LIMIT 1`)
  const indexed = prepare<EntryRow>(`
    SELECT ${entryColumns} FROM entry_hash CROSS JOIN entry USING (pos)
    WHERE prefix = ? AND hash = ? AND tenant = ? LIMIT 1`)
  const waiting = prepare<[number]>(
    'SELECT coalesce((SELECT max(pos) FROM entry), 0) - hashed FROM progress',
  )
  const next = prepare<[pos: number, hash: string]>(`
    SELECT pos, hash FROM entry WHERE pos > (SELECT hashed FROM progress) ORDER BY pos LIMIT ?`)
  const insert = prepare('INSERT INTO entry_hash (prefix, pos) VALUES (?, ?)')
  const advance = prepare('UPDATE progress SET hashed = ?')

  return {
    find(tenant, hash) {
      const row = newest.get(hash, tenant) ?? indexed.get(prefixOf(hash), hash, tenant)
      return row === undefined ? null : toEntry(row)
    },
    isBehind: () => (waiting.get()?.[0] ?? 0) > tolerated,
    catchUp() {
      const rows = next.all(atOnce)
      for (const [pos, hash] of rows) insert.run(prefixOf(hash), pos)
      const last = rows.at(-1)
      if (last !== undefined) advance.run(last[0])
    },
  }
}

/** The first 48 bits; whatever is no hash shares one place. */
function prefixOf(hash: string): number {
  const prefix = Number.parseInt(hash.slice(0, 12), 16)
  return Number.isNaN(prefix) ? -1 : prefix
}
