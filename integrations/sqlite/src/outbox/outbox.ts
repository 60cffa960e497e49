import {
  type ClaimQuery,
  cutPage,
  type DeadLetter,
  LoopError,
  type LoopStore,
  type OutboxClaim,
  type OutboxItem,
  readCursor,
  readLimit,
  type Settlement,
} from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import { attempts, itemColumns, safe, toItem, type ItemRow } from '../rows.ts'
import { createLanes } from './lanes.ts'
import { createStretches, type Held } from './stretches.ts'

interface Lease {
  readonly id: string
  readonly fence: number
}

/** The statements of the outbox. All that write expect to run inside a transaction. */
export interface Outbox {
  add(item: OutboxItem): void
  /** Adds the event of an entry that this commit appends; `at` is the time of the entry. */
  append(event: OutboxItem, at: number): void
  cancel(tenant: string, id: string): void
  holds(tenant: string, lease: Lease): boolean
  hasWork(now: number): boolean
  claim(query: ClaimQuery): OutboxClaim[]
  settle(settlement: Settlement): boolean
  extend(lease: Lease, until: number): boolean
  nextDueAt(): number | null
  deadLetters: (
    query: Parameters<LoopStore['deadLetters']>[0],
  ) => Awaited<ReturnType<LoopStore['deadLetters']>>
  revive(tenant: string, id: string, dueAt: number): boolean
}

export function createOutbox(connection: Connection): Outbox {
  const { prepare } = connection
  const lanes = createLanes(connection)
  const stretches = createStretches(connection)
  const insert = prepare(`
    INSERT INTO outbox (tenant, id, aggregate_id, run_id, lane, kind, name, first_seq, payload, due_at, ready_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
  // `kind <> 'publish'` and `fence > 0` decide nothing: they name the partial indexes outbox_id and outbox_claimed.
  const isThere = prepare<[1]>(
    "SELECT 1 FROM outbox WHERE id = ? AND tenant = ? AND kind <> 'publish'",
  )
  const cancel = prepare<[lane: string, readyAt: number | null]>(`
    DELETE FROM outbox
    WHERE id = ? AND tenant = ? AND kind <> 'publish' AND leased_until = 0 AND died_at IS NULL
    RETURNING lane, ready_at`)
  const heldBy = prepare<Held>(`
    SELECT pos, tenant, lane, run_id, name, ${safe('first_seq')}, ${safe('last_seq')} FROM outbox
    WHERE id = ? AND fence = ? AND fence > 0 AND leased_until > 0`)
  const remove = prepare('DELETE FROM outbox WHERE pos = ?')
  // Without `kinds` an item of any kind is taken: one whose kind was changed by hand would stay due for ever.
  const isWanted = '(? OR kind IN (?, ?, ?, ?))'
  const due = prepare<[1]>('SELECT 1 FROM outbox WHERE ready_at <= ? LIMIT 1')
  const ready = prepare<[...ItemRow, pos: number]>(`
    SELECT ${itemColumns}, pos FROM outbox WHERE ready_at <= ? AND ${isWanted}
    ORDER BY ready_at, first_seq, id LIMIT +?`)
  const readyOf = prepare<[...ItemRow, pos: number]>(`
    SELECT ${itemColumns}, pos FROM outbox
    WHERE ready_at <= ? AND ${isWanted} AND tenant = ? AND aggregate_id = ?
    ORDER BY ready_at, first_seq, id LIMIT +?`)
  const nextFence = prepare<[number]>('UPDATE progress SET fence = fence + ? RETURNING fence')
  const lease = prepare(`
    UPDATE outbox SET attempt = ${attempts} + 1, fence = ?, leased_until = ?, worker = ?, ready_at = max(due_at, ?)
    WHERE pos = ?`)
  const retry = prepare(`
    UPDATE outbox SET due_at = ?, error = ?, leased_until = 0, ready_at = iif(lane = id, ?, NULL) WHERE pos = ?`)
  const bury = prepare(`
    UPDATE outbox SET died_at = ?, error = ?, leased_until = 0, ready_at = NULL, last_seq = NULL WHERE pos = ?`)
  const lengthen = prepare(`
    UPDATE outbox SET leased_until = max(leased_until, ?), ready_at = max(due_at, leased_until, ?)
    WHERE pos = ?`)
  const soonest = prepare<[number | null]>(
    `SELECT ${safe('min(ready_at)')} FROM outbox WHERE ready_at IS NOT NULL`,
  )
  const dead = prepare<[...ItemRow, error: string, diedAt: number]>(`
    SELECT ${itemColumns}, error, ${safe('died_at')} FROM outbox
    WHERE tenant = ? AND died_at IS NOT NULL AND (died_at, id) > (?, ?) ORDER BY died_at, id LIMIT +?`)
  const corpse = prepare<[...ItemRow, pos: number]>(`
    SELECT ${itemColumns}, pos FROM outbox
    WHERE id = ? AND tenant = ? AND fence > 0 AND died_at IS NOT NULL`)

  const place = (item: OutboxItem): void => {
    const { tenant, id, aggregateId, runId, lane, kind, name, seq, payload, dueAt } = item
    const readyAt = lanes.take(item, () => isThere.get(id, tenant) !== undefined) ? dueAt : null
    insert.run(tenant, id, aggregateId, runId, lane, kind, name, seq, payload, dueAt, readyAt)
  }

  return {
    add: place,
    append: stretches.append,
    cancel(tenant, id) {
      const [lane, readyAt = null] = cancel.get(id, tenant) ?? []
      if (lane !== undefined && readyAt !== null) lanes.advance(tenant, lane, id)
    },
    holds: (tenant, { id, fence }) => heldBy.get(id, fence)?.[1] === tenant,
    hasWork: (now) => due.get(now) !== undefined,
    claim({ worker, now, leaseMs, limit, kinds, instance: of }) {
      if (limit < 1) return []
      // No kind is ''.
      const [one = '', two = one, three = one, four = one] = kinds ?? []
      const wanted = [now, kinds ? 0 : 1, one, two, three, four] as const
      const rows = of
        ? readyOf.all(...wanted, of.tenant, of.aggregateId, limit)
        : ready.all(...wanted, limit)
      if (rows.length === 0) return []
      const [last] = nextFence.get(rows.length) ?? []
      // Without a fence nobody could finish the items.
      if (last === undefined)
        throw new LoopError('corrupt', 'The row of progress of the SQLite file is gone.')
      const leasedUntil = now + leaseMs
      return rows.map((row, index) => {
        const fence = last - rows.length + 1 + index
        lease.run(fence, leasedUntil, worker, leasedUntil, row[11])
        const item = toItem(row)
        return { ...item, attempt: item.attempt + 1, fence, leasedUntil }
      })
    },
    settle({ id, fence, outcome }) {
      const held = heldBy.get(id, fence)
      if (held === undefined) return false
      const [pos, tenant, lane] = held
      if (outcome.kind === 'retry') {
        const { dueAt, error } = outcome
        retry.run(dueAt, error, dueAt, pos)
      } else {
        stretches.keepRest(held)
        if (outcome.kind === 'done') remove.run(pos)
        else bury.run(outcome.at, outcome.error, pos)
      }
      lanes.advance(tenant, lane, id)
      return true
    },
    extend({ id, fence }, until) {
      const held = heldBy.get(id, fence)
      if (held === undefined) return false
      lengthen.run(until, until, held[0])
      return true
    },
    nextDueAt: () => soonest.get()?.[0] ?? null,
    deadLetters({ tenant, limit, cursor }) {
      const size = readLimit(limit)
      const { at, id } = readCursor('dead', cursor) ?? { at: -1, id: '' }
      const letters = dead.all(tenant, at, id, size + 1).map((row): DeadLetter => {
        return { ...toItem(row), error: row[11], diedAt: row[12] }
      })
      return cutPage('dead', letters, size, (letter) => ({ at: letter.diedAt, id: letter.id }))
    },
    revive(tenant, id, dueAt) {
      const row = corpse.get(id, tenant)
      if (row === undefined) return false
      const { attempt: _, ...item } = toItem(row)
      remove.run(row[11])
      place({ ...item, dueAt })
      return true
    },
  }
}
