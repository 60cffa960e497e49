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

/** What a sink was not told of a run yet: the events of entries in a row are one row, whose item is the first of them. */
interface Stretches {
  /** Of an entry of this time that this commit appends: it comes last in its lane. */
  append(event: OutboxItem, at: number): void
  /** Before its item leaves: the events that come after it wait on as a row of their own. */
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
      // What the row would not give back as it was, such as a trace of its own, stands alone.
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
