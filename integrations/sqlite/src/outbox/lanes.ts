import type { OutboxItem } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import { safe } from '../rows.ts'

interface Lanes {
  /** Whether an item that enters becomes current: not if it is there, or the current one comes first or is leased. */
  take(item: OutboxItem, isThere: () => boolean): boolean
  /** Makes the first item of a lane the current one, after the last current one has left. Mostly none is left. */
  advance(tenant: string, lane: string, id: string): void
}

type Seat = [pos: number, seq: number, id: string, isLeased: 0 | 1]

/** Keeps the current item of each lane of each tenant. An item whose lane has its own id, such as a timer, is alone there. */
export function createLanes({ prepare }: Connection): Lanes {
  const inLane = 'lane = ? AND tenant = ? AND died_at IS NULL AND lane <> id'
  const current = prepare<Seat>(`
    SELECT pos, ${safe('first_seq')}, id, leased_until > 0 FROM outbox
    WHERE ${inLane} AND ready_at IS NOT NULL ORDER BY first_seq LIMIT 1`)
  const wait = prepare('UPDATE outbox SET ready_at = NULL WHERE pos = ?')
  const anyOther = prepare<[1]>(`SELECT 1 FROM outbox WHERE ${inLane} LIMIT 1`)
  const next = prepare(`
    UPDATE outbox SET ready_at = due_at WHERE pos = (
      SELECT pos FROM outbox WHERE ${inLane} ORDER BY first_seq, id LIMIT 1)`)
  return {
    take({ tenant, lane, seq, id }, isThere) {
      const seat = lane === id ? undefined : current.get(lane, tenant)
      if (seat === undefined) return true
      const [pos, currentSeq, currentId, isLeased] = seat
      if (isLeased || currentSeq < seq || (currentSeq === seq && currentId < id)) return false
      if (isThere()) return false
      wait.run(pos)
      return true
    },
    advance(tenant, lane, id) {
      if (lane !== id && anyOther.get(lane, tenant) !== undefined) next.run(lane, tenant)
    },
  }
}
