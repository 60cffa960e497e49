import { publishItemId, type OutboxItem } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import { safe } from '../rows.ts'

/** Of an item that is claimed. */
export type Held = [
  pos: number,
  tenant: string,
  lane: string,
  runId: string,
  name: string,
  firstSeq: number,
  lastSeq: number | null,
]

/** Keeps the events of successive entries that a sink has not heard yet as one row, whose item is the first event. */
interface Stretches {
  /** Adds the event of an entry that this commit appends, which comes last in its lane; `at` is the time of the entry. */
  append(event: OutboxItem, at: number): void
  /** Called before an item leaves: makes a row of the events behind it. */
  keepRest(held: Held): void
}

export function createStretches({ prepare }: Connection): Stretches {
  const lengthen = prepare(`
    UPDATE outbox SET last_seq = ?
    WHERE run_id = ? AND name = ? AND last_seq = ? AND payload = ? AND pos = (
      SELECT pos FROM outbox WHERE lane = ? AND tenant = ? AND died_at IS NULL AND lane <> id
      ORDER BY first_seq DESC LIMIT 1)`)
  const begin = prepare(`
    INSERT INTO outbox (tenant, id, aggregate_id, run_id, lane, kind, name, first_seq, last_seq, payload, due_at, ready_at)
    VALUES (?, ?, ?, ?, ?, 'publish', ?, ?, ?, ?, ?, iif(
      EXISTS (SELECT 1 FROM outbox WHERE lane = ? AND tenant = ? AND died_at IS NULL AND lane <> id),
      NULL, ?))`)
  const next = prepare<[seq: number, at: number]>(`
    SELECT seq, ${safe('at')} FROM entry
    WHERE tenant = ? AND run_id = ? AND seq > ? AND seq <= ? ORDER BY seq LIMIT 1`)
  const keepRest = prepare(`
    INSERT INTO outbox (tenant, id, aggregate_id, run_id, lane, kind, name, first_seq, last_seq, payload, due_at)
    SELECT tenant, ?, aggregate_id, run_id, lane, kind, name, ?, last_seq, payload, ? FROM outbox WHERE pos = ?`)
  return {
    append(event, at) {
      const { tenant, id, aggregateId, runId, lane, name, seq, payload, dueAt } = event
      // An event that the row could not give back unchanged, such as one with its own trace, gets its own row.
      const isAsTold = id === publishItemId(event) && dueAt === at
      const told = [runId, name, seq - 1, payload]
      if (isAsTold && lengthen.run(seq, ...told, lane, tenant) === 1) return
      const whetherNext = [lane, tenant, dueAt]
      const place = [tenant, id, aggregateId, runId, lane, name]
      begin.run(...place, seq, isAsTold ? seq : null, payload, dueAt, ...whetherNext)
    },
    keepRest([pos, tenant, , runId, name, firstSeq, lastSeq]) {
      if (lastSeq === null || lastSeq <= firstSeq) return
      // On record: a row of which somebody changed an end would be told of entries that never were, one after the other.
      const [seq, at] = next.get(tenant, runId, firstSeq, lastSeq) ?? []
      if (seq === undefined || at === undefined) return
      keepRest.run(publishItemId({ runId, name, seq }), seq, at, pos)
    },
  }
}
