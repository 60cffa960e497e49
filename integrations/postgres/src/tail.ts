import { LoopError, readLimit, type LoopStore, type TailPage } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'
import { entryColumns, toEntry, type EntryRow } from './rows.ts'

/** What was read: everything up to this entry or, without one, everything that transactions older than `xid` wrote. */
interface Place {
  readonly xid: string
  readonly runId: string
  readonly seq: number
}

interface TailRow extends EntryRow {
  readonly xid: string
}

interface HorizonRow {
  readonly oldest_running: string
  readonly is_ahead: boolean
  readonly is_foreign: boolean
}

const beginning: Place = { xid: '0', runId: '', seq: 0 }

/**
 * Reads entries in the order of the transactions that wrote them, up to the oldest that still runs, because nothing can be
 * added before that one. The transactions of a run follow one another, so its entries keep their order.
 */
export function createTail(database: Database, schema: string): Pick<Required<LoopStore>, 'tail'> {
  const statement = statementsOf(schema)
  // Compares only the newest entry: asking whether any entry is younger would search all of them, once there are many.
  const horizon = statement(
    'tail_horizon_v2',
    `SELECT pg_snapshot_xmin(s) AS oldest_running, $2::text::xid8 > pg_snapshot_xmax(s) AS is_ahead,
      coalesce((SELECT e.xid FROM ${schema}.entry e WHERE e.tenant = $1 ORDER BY e.xid DESC LIMIT 1)
        >= pg_snapshot_xmax(s), false) AS is_foreign
    FROM pg_current_snapshot() s`,
  )
  // The outer condition is what the index finds, the inner one what the cursor says.
  const page = statement(
    'tail_v1',
    `SELECT xid, ${entryColumns} FROM ${schema}.entry
    WHERE tenant = $1 AND xid >= $2::text::xid8 AND xid < $5::text::xid8
      AND (xid, run_id, seq) > ($2::text::xid8, $3, $4)
    ORDER BY xid, run_id, seq LIMIT $6`,
  )

  return {
    async tail({ tenant, after, limit }): Promise<TailPage> {
      const most = readLimit(limit)
      const from = after === undefined || after === 'now' ? beginning : readPlace(after)
      const [row] = await database.read<HorizonRow>(horizon, [tenant, from.xid])
      if (row === undefined) throw new LoopError('unavailable', 'Postgres did not answer.')
      if (row.is_ahead || row.is_foreign) throw otherServer(row)
      const now = writePlace({ xid: row.oldest_running, runId: '', seq: 0 })
      if (after === 'now') return { items: [], cursor: now }
      const rows = await database.read<TailRow>(page, [
        tenant,
        from.xid,
        from.runId,
        from.seq,
        row.oldest_running,
        most,
      ])
      const items = rows.map((found) => ({
        entry: toEntry(found),
        cursor: writePlace({ xid: found.xid, runId: found.run_id, seq: Number(found.seq) }),
      }))
      // A page that is not full has everything below the horizon, so the next page may begin there.
      const isBehind = BigInt(from.xid) > BigInt(row.oldest_running)
      const last = items.length < most && !isBehind ? now : items.at(-1)?.cursor
      return { items, cursor: last ?? writePlace(from) }
    },
  }
}

function writePlace({ xid, runId, seq }: Place): string {
  return Buffer.from(JSON.stringify(['tail', xid, runId, seq])).toString('base64url')
}

function readPlace(cursor: string): Place {
  const [kind, xid, runId, seq] = parse(cursor)
  const isPlace =
    kind === 'tail' &&
    typeof xid === 'string' &&
    /^\d{1,19}$/.test(xid) &&
    typeof runId === 'string' &&
    typeof seq === 'number' &&
    Number.isSafeInteger(seq)
  if (isPlace && writePlace({ xid, runId, seq }) === cursor) return { xid, runId, seq }
  throw new LoopError('invalid_input', 'The cursor was not given by this tail.', {
    path: '/after',
    hint: 'Pass a cursor of the tail unchanged, or none to begin with the first entry.',
  })
}

function parse(cursor: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** The error for a cursor or entries of another server, with which going on would silently skip entries. */
function otherServer({ is_foreign: isForeign }: HorizonRow): LoopError {
  return isForeign
    ? new LoopError('unsupported', 'The entries were written by transactions of another server.', {
        plugin: 'postgres',
        hint: "After a restored dump set their xid to '3', once, and let readers begin again.",
      })
    : new LoopError('invalid_input', 'The cursor is of a later time than the server.', {
        path: '/after',
        hint: 'The database was set back; begin again, and drop the events that you know by their ids.',
      })
}
