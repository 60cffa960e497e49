import {
  LoopError,
  readFrontier,
  readRequest,
  readRun,
  type ApprovalRequest,
  type DeadLetter,
  type EntryType,
  type IdempotencyRecord,
  type LogHead,
  type LogLeaf,
  type LoopInstance,
  type OutboxClaim,
  type OutboxItem,
  type Stop,
  type StoredEntry,
} from '@loop-engine/core'

/** The driver returns numbers of eight bytes as text; all of ours are safe integers. */
type Long = string

export interface InstanceRow {
  readonly body: string
  readonly version: Long
}

export function toInstance({ body, version }: InstanceRow): LoopInstance {
  const run = readRun(body)
  // The column is what commits go by: none would ever find the version that was judged.
  if (run.version === Number(version)) return run
  throw new LoopError('corrupt', 'A stored run has two versions: it was changed.', {
    details: { runId: run.runId },
    hint: 'Restore the store from a backup; an export shows what it held.',
  })
}

export interface EntryRow {
  readonly run_id: string
  readonly seq: Long
  readonly type: EntryType
  readonly transition_id: string | null
  readonly at: Long
  readonly hash: string
  readonly body: string
  readonly evidence: string | null
  readonly salt: string | null
}

export const entryColumns = 'run_id, seq, type, transition_id, at, hash, body, evidence, salt'

export function toEntry(row: EntryRow): StoredEntry {
  const { run_id, seq, type, transition_id, at, hash, body, evidence, salt } = row
  return {
    runId: run_id,
    seq: Number(seq),
    type,
    transitionId: transition_id,
    at: Number(at),
    hash,
    body,
    evidence,
    salt,
  }
}

export interface ApprovalRow {
  readonly body: string
  readonly messages: string | null
}

export function toApproval({ body, messages }: ApprovalRow): ApprovalRequest {
  return readRequest(body, messages)
}

export interface OutboxRow {
  readonly id: string
  readonly tenant: string
  readonly aggregate_id: string
  readonly run_id: string
  readonly lane: string
  readonly kind: OutboxItem['kind']
  readonly name: string
  readonly seq: Long
  readonly payload: string
  readonly due_at: Long
  readonly ready_at: Long
  readonly attempt: number
  readonly fence: Long
  readonly error: string | null
  readonly died_at: Long | null
}

export function toItem(row: OutboxRow): OutboxItem {
  const { id, tenant, aggregate_id, run_id, lane, kind, name, seq, payload, due_at } = row
  const item = { id, tenant, aggregateId: aggregate_id, runId: run_id, lane, kind, name, payload }
  return { ...item, seq: Number(seq), dueAt: Number(due_at) }
}

export function toClaim(row: OutboxRow): OutboxClaim {
  const { attempt, fence, ready_at } = row
  return { ...toItem(row), attempt, fence: Number(fence), leasedUntil: Number(ready_at) }
}

export function toDeadLetter(row: OutboxRow): DeadLetter {
  const { attempt, error, died_at } = row
  return { ...toItem(row), attempt, error: error ?? '', diedAt: Number(died_at) }
}

interface IdempotencyRow {
  readonly principal: string
  readonly key: string
  readonly fingerprint: string
  readonly answer: string
  readonly at: Long
}

export function toIdempotency({ at, ...record }: IdempotencyRow): IdempotencyRecord {
  return { ...record, at: Number(at) }
}

export interface StopRow {
  readonly scope: string
  readonly reason: string
  readonly set_by: string
  readonly at: Long
}

export function toStop({ scope, reason, set_by, at }: StopRow): Stop {
  return { scope, reason, by: set_by, at: Number(at) }
}

export interface HeadRow {
  readonly size: Long
  readonly root: string
  readonly frontier: string
  readonly note: string | null
}

export function toHead({ size, root, frontier, note }: HeadRow): LogHead {
  return { size: Number(size), root, frontier: readFrontier(frontier), note }
}

export interface LeafRow {
  readonly index: Long
  readonly run_id: string
  readonly seq: Long
  readonly leaf_hash: string
}

export function toLeaf({ index, run_id, seq, leaf_hash }: LeafRow): LogLeaf {
  return { index: Number(index), runId: run_id, seq: Number(seq), leafHash: leaf_hash }
}
