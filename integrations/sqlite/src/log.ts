import {
  LoopError,
  readFrontier,
  sha256Hex,
  type LogHead,
  type LogLeaf,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'

import type { Connection } from './connection/connection.ts'
import { entryColumns, toEntry, type EntryRow } from './rows.ts'

/** The statements of the tenants' Merkle logs. `append` and `sign` expect to run inside a transaction. */
export interface Log {
  head(tenant: string): LogHead
  /** Looks for a tenant's entries without a leaf, in one stretch of all entries: behind `after`, or behind what was swept. */
  look(tenant: string, limit: number, after?: number): Stretch
  /** Remembers that no entry of the tenant is missing up to there. Expects to run inside a transaction. */
  sweep(tenant: string, through: number): void
  append(tenant: string, plan: Parameters<LoopStore['appendLog']>[1]): boolean
  sign(
    tenant: string,
    head: { readonly size: number; readonly root: string },
    note: string,
  ): boolean
  leaves(tenant: string, range: { readonly from: number; readonly limit: number }): LogLeaf[]
  leavesOf(
    tenant: string,
    runId: string,
    range: { readonly from: number; readonly limit: number },
  ): LogLeaf[]
}

interface Stretch {
  readonly entries: readonly StoredEntry[]
  /** Its last position, and whether that is the newest. */
  readonly through: number
  readonly isEnd: boolean
}

/** How many entries, of all tenants, one statement looks at; bounds how long it keeps the thread, or a lock. */
const stretchLength = 10_000

export function createLog({ prepare }: Connection): Log {
  // No index has a tenant's entries in the order of their commits. So each entry is looked at once, and the log keeps up to
  // where it has swept. The plus sign keeps SQLite from using the index of runs, by which it would read all entries.
  const missing = `
    FROM entry WHERE pos > ? AND pos <= ? AND +tenant = ?
    AND NOT EXISTS (
      SELECT 1 FROM leaf
      WHERE leaf.tenant = entry.tenant AND leaf.run_id = entry.run_id AND leaf.seq = entry.seq)
    ORDER BY pos LIMIT +?`
  const heads = prepare<[size: number, root: string, frontier: string, note: string | null]>(
    'SELECT size, root, frontier, note FROM log_head WHERE tenant = ?',
  )
  const unlogged = prepare<EntryRow>(`SELECT ${entryColumns} ${missing}`)
  const firstMissing = prepare<[pos: number]>(`SELECT pos ${missing}`)
  const swept = prepare<[pos: number]>('SELECT swept FROM log_head WHERE tenant = ?')
  const newest = prepare<[pos: number | null]>('SELECT max(pos) FROM entry')
  const insert = prepare(
    'INSERT INTO leaf (tenant, number, run_id, seq, hash) VALUES (?, ?, ?, ?, ?)',
  )
  const setHead = prepare(`
    INSERT INTO log_head (tenant, size, root, frontier, note, swept) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant) DO UPDATE SET
      size = excluded.size, root = excluded.root, frontier = excluded.frontier,
      note = excluded.note, swept = excluded.swept`)
  const leaves = prepare<LeafRow>(`
    SELECT number, run_id, seq, hash FROM leaf
    WHERE tenant = ? AND number >= ? ORDER BY number LIMIT +?`)
  const ofRun = prepare<LeafRow>(`
    SELECT number, run_id, seq, hash FROM leaf
    WHERE tenant = ? AND run_id = ? AND seq >= ? ORDER BY seq LIMIT +?`)

  const head = (tenant: string): LogHead => {
    const row = heads.get(tenant)
    if (row === undefined) return { size: 0, root: sha256Hex(''), frontier: [], note: null }
    const [size, root, frontier, note] = row
    return { size, root, frontier: readFrontier(frontier), note }
  }
  const sweptOf = (tenant: string): number => swept.get(tenant)?.[0] ?? 0
  const stretchBehind = (after: number): Omit<Stretch, 'entries'> => {
    const last = Math.max(after, newest.get()?.[0] ?? 0)
    const through = Math.min(after + stretchLength, last)
    return { through, isEnd: through === last }
  }
  /** The position up to which every entry of the tenant has a leaf, at most one stretch ahead. */
  const sweptBy = (tenant: string): number => {
    const after = sweptOf(tenant)
    const { through } = stretchBehind(after)
    const [gap] = firstMissing.get(after, through, tenant, 1) ?? []
    return gap === undefined ? through : gap - 1
  }
  const save = (tenant: string, next: LogHead, sweptUntil: number): void => {
    const { size, root, frontier, note } = next
    setHead.run(tenant, size, root, JSON.stringify(frontier), note, sweptUntil)
  }

  return {
    head,
    look(tenant, limit, after = sweptOf(tenant)) {
      const { through, isEnd } = stretchBehind(after)
      const rows = unlogged.all(after, through, tenant, Math.max(0, limit))
      return { entries: rows.map(toEntry), through, isEnd }
    },
    sweep: (tenant, through) => save(tenant, head(tenant), Math.max(through, sweptOf(tenant))),
    append(tenant, { expectedSize, leaves: added, head: next }) {
      if (head(tenant).size !== expectedSize) return false
      for (const [offset, { index, runId, seq, leafHash }] of added.entries()) {
        if (index !== expectedSize + offset) {
          throw new LoopError('invalid_input', 'The leaves do not continue the log.')
        }
        insert.run(tenant, index, runId, seq, leafHash)
      }
      save(tenant, next, sweptBy(tenant))
      return true
    },
    sign(tenant, { size, root }, note) {
      // The log of a tenant without entries has no row until it is signed.
      const now = head(tenant)
      if (now.size !== size || now.root !== root) return false
      save(tenant, { ...now, note }, sweptOf(tenant))
      return true
    },
    leaves: (tenant, { from, limit }) => leaves.all(tenant, from, Math.max(0, limit)).map(toLeaf),
    leavesOf: (tenant, runId, { from, limit }) =>
      ofRun.all(tenant, runId, from, Math.max(0, limit)).map(toLeaf),
  }
}

type LeafRow = [number: number, runId: string, seq: number, hash: string]

function toLeaf([index, runId, seq, leafHash]: LeafRow): LogLeaf {
  return { index, runId, seq, leafHash }
}

/** At most `limit` entries without a leaf. Yields to the event loop between stretches, and holds no lock across them. */
export async function readUnlogged(
  limit: number,
  look: (limit: number, after?: number) => Promise<Stretch>,
  sweep: (through: number) => Promise<void>,
): Promise<readonly StoredEntry[]> {
  const found: StoredEntry[] = []
  let swept: number | undefined
  for (let after: number | undefined; ;) {
    const { entries, through, isEnd } = await look(limit - found.length, after)
    found.push(...entries)
    if (found.length === 0 && !isEnd) swept = through
    if (isEnd || found.length >= limit) break
    after = through
  }
  if (swept !== undefined) await sweep(swept)
  return found
}
