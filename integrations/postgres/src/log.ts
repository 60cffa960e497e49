import { sha256Hex, type LogHead, type LoopStore } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'
import {
  entryColumns,
  toEntry,
  toHead,
  toLeaf,
  type EntryRow,
  type HeadRow,
  type LeafRow,
} from './rows.ts'

type Log = Pick<LoopStore, 'logHead' | 'unlogged' | 'appendLog' | 'signLog' | 'leaves' | 'leavesOf'>

const emptyHead: LogHead = { size: 0, root: sha256Hex(''), frontier: [], note: null }

/**
 * Forgets horizons that another server's transactions set, as in a restored dump, so that logs are searched from their
 * beginning. This server's own transactions would be skipped once their numbers reach such a horizon.
 */
export async function forgetHorizons(database: Database, schema: string): Promise<void> {
  const forget = statementsOf(schema)(
    'forget_horizons_v1',
    `UPDATE ${schema}.log_head SET horizon = '0' WHERE horizon > pg_snapshot_xmax(pg_current_snapshot())`,
  )
  await database.read(forget, [])
}

/** Each tenant's Merkle log. An entry without a leaf is unlogged: no cursor can step over a late commit. */
export function createLog(database: Database, schema: string): Log {
  const statement = statementsOf(schema)
  const head = statement(
    'log_head_v1',
    `SELECT size, root, frontier, note FROM ${schema}.log_head WHERE tenant = $1`,
  )
  const unlogged = statement(
    'unlogged_v1',
    `SELECT ${entryColumns} FROM ${schema}.unlogged_v1($1, $2)`,
  )
  const append = statement(
    'append_log_v1',
    `SELECT ${schema}.append_log_v1($1, $2, $3, $4, $5, $6, $7) AS appended`,
  )
  const sign = statement(
    'sign_log_v1',
    `INSERT INTO ${schema}.log_head AS h (tenant, size, root, frontier, note)
      SELECT $1, 0, '${emptyHead.root}', '[]', $4 WHERE $2 = 0 AND $3 = '${emptyHead.root}'
        OR EXISTS (SELECT FROM ${schema}.log_head WHERE tenant = $1)
    ON CONFLICT (tenant) DO UPDATE SET note = excluded.note WHERE h.size = $2 AND h.root = $3
    RETURNING size`,
  )
  const leaves = statement(
    'leaves_v1',
    `SELECT index, run_id, seq, leaf_hash FROM ${schema}.leaf WHERE tenant = $1 AND index >= $2
    ORDER BY index LIMIT $3`,
  )
  const ofRun = statement(
    'leaves_of_v1',
    `SELECT index, run_id, seq, leaf_hash FROM ${schema}.leaf
    WHERE tenant = $1 AND run_id = $2 AND seq >= $3 ORDER BY seq LIMIT $4`,
  )

  return {
    async logHead(tenant) {
      const [row] = await database.read<HeadRow>(head, [tenant])
      return row === undefined ? emptyHead : toHead(row)
    },
    async unlogged(tenant, limit) {
      const rows = await database.read<EntryRow>(unlogged, [tenant, Math.max(0, limit)])
      return rows.map(toEntry)
    },
    async appendLog(tenant, { expectedSize, leaves: added, head: { size, root, frontier, note } }) {
      const values = [
        tenant,
        expectedSize,
        JSON.stringify(added),
        size,
        root,
        JSON.stringify(frontier),
        note,
      ]
      const [row] = await database.write<{ appended: boolean }>(append, values)
      return row?.appended === true
    },
    async signLog(tenant, { size, root }, note) {
      return (await database.read(sign, [tenant, size, root, note])).length > 0
    },
    async leaves(tenant, { from, limit }) {
      const rows = await database.read<LeafRow>(leaves, [tenant, from, limit])
      return rows.map(toLeaf)
    },
    async leavesOf(tenant, runId, { from, limit }) {
      const rows = await database.read<LeafRow>(ofRun, [tenant, runId, from, limit])
      return rows.map(toLeaf)
    },
  }
}
