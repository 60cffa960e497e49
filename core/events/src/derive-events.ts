import {
  openEntry,
  type Actor,
  type EntryType,
  type GuardResult,
  type InstanceStatus,
  type LedgerEntry,
  type StoredEntry,
} from '@loop-engine/core'

/** The types of entries, and `loop.guard.failed`: a failed guard is part of an entry, and an event of its own. */
export type LoopEventType = EntryType | 'loop.guard.failed'

/** Something that happened to a run. */
export interface LoopEvent {
  /** Derived from the hash of the entry, so that it is the same each time the event is derived or delivered. */
  readonly id: string
  readonly type: LoopEventType
  readonly tenant: string
  readonly loopId: string
  readonly aggregateId: string
  readonly runId: string
  /** The number of the entry within its run. */
  readonly seq: number
  /** The position among the events of the entry, from 0. */
  readonly index: number
  /** Epoch milliseconds. */
  readonly at: number
  readonly actor: Actor
  /** The entry that the event is derived from, and its hash. */
  readonly entry: LedgerEntry
  readonly hash: string
  /** The result of the guard that failed; only in `loop.guard.failed`. */
  readonly guard?: GuardResult
}

type Derived = Pick<LoopEvent, 'id' | 'type' | 'guard'>

const statusEvents: Readonly<Partial<Record<InstanceStatus, EntryType>>> = {
  completed: 'loop.completed',
  failed: 'loop.failed',
  cancelled: 'loop.cancelled',
  suspended: 'loop.suspended',
}

/**
 * The events of one entry, in order: the entry itself, each guard that failed (a soft one only warns), and the new
 * status of the run if it ended or was suspended. Pure: the same entry always gives the same events.
 */
export function deriveEvents(stored: StoredEntry): readonly LoopEvent[] {
  const entry = openEntry(stored)
  const { tenant, loopId, aggregateId, runId, seq, at, actor } = entry
  const { hash } = stored
  const events: readonly Derived[] = [
    { id: hash, type: entry.type },
    ...failedGuards(entry, hash),
    ...statusEvent(entry, hash),
  ]
  return events.map((derived, index) => ({
    ...derived,
    tenant,
    loopId,
    aggregateId,
    runId,
    seq,
    index,
    at,
    actor,
    entry,
    hash,
  }))
}

function failedGuards({ guards = [] }: LedgerEntry, hash: string): readonly Derived[] {
  return guards.flatMap((guard, index) =>
    guard.passed
      ? []
      : [{ id: `${hash}:guard:${index}`, type: 'loop.guard.failed' as const, guard }],
  )
}

function statusEvent({ type, status }: LedgerEntry, hash: string): readonly Derived[] {
  const reached = status && statusEvents[status]
  return reached === undefined || reached === type ? [] : [{ id: `${hash}:status`, type: reached }]
}
