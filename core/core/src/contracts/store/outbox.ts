import type { JsonObject } from '../../json/json.ts'

/** Something to do after a commit: run an effect, tell a channel, feed a sink, wake at a time. */
export interface OutboxItem {
  /** Unique and derived from the entry, so that a repeated commit cannot double it. */
  readonly id: string
  readonly tenant: string
  readonly aggregateId: string
  readonly runId: string
  /** Items of one lane are delivered one after another, in `seq` order. An item whose lane is its own id is alone in it. */
  readonly lane: string
  readonly kind: 'effect' | 'notify' | 'publish' | 'timer'
  /** The integration, channel, sink or timer it is for. */
  readonly name: string
  /** The entry that caused it. */
  readonly seq: number
  /** JSON text. */
  readonly payload: string
  /** Not before, epoch milliseconds. */
  readonly dueAt: number
}

/** The id of an item that publishes an entry; a store that keeps many of them as one row derives their ids from this. */
export function publishItemId({
  runId,
  seq,
  name,
}: Pick<OutboxItem, 'runId' | 'seq' | 'name'>): string {
  return `${runId}:${seq}:publish:${name}`
}

/** An item leased to one worker. `fence` must come back with whatever is done about it. */
export interface OutboxClaim extends OutboxItem {
  /** 1 for the first delivery. */
  readonly attempt: number
  /** Of this lease; whoever claims the item later gets a higher one. */
  readonly fence: number
  /** Epoch milliseconds. */
  readonly leasedUntil: number
}

/** A delivery that was given up; a person may retry it. */
export interface DeadLetter extends OutboxItem {
  /** Deliveries that were tried. */
  readonly attempt: number
  readonly error: string
  /** Epoch milliseconds. */
  readonly diedAt: number
}

/** Which items one worker wants, and for how long. */
export interface ClaimQuery {
  /** Names the worker in the lease. */
  readonly worker: string
  /** Epoch milliseconds: what is due by then, and the beginning of the leases. */
  readonly now: number
  readonly leaseMs: number
  readonly limit: number
  /** Every kind by default. */
  readonly kinds?: readonly OutboxItem['kind'][]
  /** Only items of this business key, of any of its runs. */
  readonly instance?: { readonly tenant: string; readonly aggregateId: string }
}

/** What becomes of a claimed item that no commit settles. */
export interface Settlement {
  readonly id: string
  readonly fence: number
  /** Times in epoch milliseconds. */
  readonly outcome:
    | { readonly kind: 'done' }
    | { readonly kind: 'retry'; readonly dueAt: number; readonly error: string }
    | { readonly kind: 'dead'; readonly at: number; readonly error: string }
}

/** Where a channel posted a request, and the claimed item under which it did. */
export interface PostedMessage {
  readonly tenant: string
  readonly requestId: string
  readonly channel: string
  /** What the channel needs to find the message again. */
  readonly ref: JsonObject
  readonly lease: { readonly id: string; readonly fence: number }
}
