import {
  LoopError,
  sha256Hex,
  type LogHead,
  type LogLeaf,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'

import type { Connection } from './connection.ts'
import { entryColumns, toEntry, type EntryRow } from './rows.ts'

/** The statements of the tenants' Merkle logs. `append` and `sign` expect to run inside a transaction. */
export interface Log {
  head(tenant: string): LogHead
  unlogged(tenant: string, limit: number): StoredEntry[]
  /** Whether many entries were committed since the tenant's were last swept. */
  isBehind(tenant: string): boolean
  /** Remembers up to where no entry of the tenant is missing. Expects to run inside a transaction. */
  sweep(tenant: string): void
  append(tenant: string, plan: Parameters<LoopStore['appendLog']>[1]): boolean
  sign(
    tenant: string,
    head: { readonly size: number; readonly root: string },
    note: string,
  ): boolean
  leaves(tenant: string, range: { readonly from: number; readonly limit: number }): LogLeaf[]
}

/** How far a tenant's position may lag behind before it is written down. */
const sweepStep = 10_000

export function createLog({ prepare }: Connection): Log {
  // No index says which entries are a tenant's in the order of their commits: each is looked at once, by what the log has
  // swept. The plus sign keeps SQLite from reading them all by the index of their runs.
  const missing = `
    FROM entry WHERE pos > coalesce((SELECT swept FROM log_head WHERE tenant = ?), 0) AND +tenant = ?
    AND NOT EXISTS (
      SELECT 1 FROM leaf
      WHERE leaf.tenant = entry.tenant AND leaf.run_id = entry.run_id AND leaf.seq = entry.seq)
    ORDER BY pos LIMIT +?`
  const heads = prepare<[size: number, root: string, frontier: string, note: string | null]>(
    'SELECT size, root, frontier, note FROM log_head WHERE tenant = ?',
  )
  const unlogged = prepare<EntryRow>(`SELECT ${entryColumns} ${missing}`)
  const firstMissing = prepare<[pos: number]>(`SELECT pos ${missing}`)
  const behind = prepare<[entries: number]>(`
    SELECT coalesce((SELECT max(pos) FROM entry), 0)
      - coalesce((SELECT swept FROM log_head WHERE tenant = ?), 0)`)
  const newest = prepare<[pos: number | null]>('SELECT max(pos) FROM entry')
  const insert = prepare(
    'INSERT INTO leaf (tenant, number, run_id, seq, hash) VALUES (?, ?, ?, ?, ?)',
  )
  const setHead = prepare(`
    INSERT INTO log_head (tenant, size, root, frontier, note, swept) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant) DO UPDATE SET
      size = excluded.size, root = excluded.root, frontier = excluded.frontier,
      note = excluded.note, swept = excluded.swept`)
  const leaves = prepare<[number: number, runId: string, seq: number, hash: string]>(`
    SELECT number, run_id, seq, hash FROM leaf
    WHERE tenant = ? AND number >= ? ORDER BY number LIMIT +?`)

  const head = (tenant: string): LogHead => {
    const row = heads.get(tenant)
    if (row === undefined) return { size: 0, root: sha256Hex(''), frontier: [], note: null }
    const [size, root, frontier, note] = row
    return { size, root, frontier: JSON.parse(frontier) as readonly string[], note }
  }
  /** Up to where every entry of the tenant is named by a leaf. */
  const sweptBy = (tenant: string): number => {
    const [gap] = firstMissing.get(tenant, tenant, 1) ?? []
    return gap === undefined ? (newest.get()?.[0] ?? 0) : gap - 1
  }
  const save = (tenant: string, { size, root, frontier, note }: LogHead): void => {
    setHead.run(tenant, size, root, JSON.stringify(frontier), note, sweptBy(tenant))
  }

  return {
    head,
    unlogged: (tenant, limit) => unlogged.all(tenant, tenant, Math.max(0, limit)).map(toEntry),
    isBehind: (tenant) => (behind.get(tenant)?.[0] ?? 0) > sweepStep,
    sweep: (tenant) => save(tenant, head(tenant)),
    append(tenant, { expectedSize, leaves: added, head: next }) {
      if (head(tenant).size !== expectedSize) return false
      for (const [offset, { index, runId, seq, leafHash }] of added.entries()) {
        if (index !== expectedSize + offset) {
          throw new LoopError('invalid_input', 'The leaves do not continue the log.')
        }
        insert.run(tenant, index, runId, seq, leafHash)
      }
      save(tenant, next)
      return true
    },
    sign(tenant, { size, root }, note) {
      // That of a tenant without entries has no row until it is signed.
      const now = head(tenant)
      if (now.size !== size || now.root !== root) return false
      save(tenant, { ...now, note })
      return true
    },
    leaves: (tenant, { from, limit }) =>
      leaves
        .all(tenant, from, Math.max(0, limit))
        .map(([index, runId, seq, leafHash]) => ({ index, runId, seq, leafHash })),
  }
}
