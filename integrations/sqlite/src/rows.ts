import {
  readRequest,
  readRun,
  type ApprovalRequest,
  type InstanceStatus,
  type LoopInstance,
  type OutboxItem,
  type StoredEntry,
} from '@loop-engine/core'

export const instanceColumns =
  'instance.tenant, instance.run_id, instance.aggregate_id, instance.loop_id, state, status, version, instance.created_at, updated_at, tags, rest'
export type InstanceRow = [
  tenant: string,
  runId: string,
  aggregateId: string,
  loopId: string,
  state: string,
  status: InstanceStatus,
  version: number,
  createdAt: number,
  updatedAt: number,
  tags: string,
  rest: string,
]

/** The fields of a run that no query asks for, as one JSON text. */
export function restOf({
  definition,
  stateVersion,
  transitions,
  openApprovals,
  metadata,
  correlationId,
  head,
}: LoopInstance): string {
  return JSON.stringify({
    definition,
    stateVersion,
    transitions,
    openApprovals,
    metadata,
    correlationId,
    head,
  })
}

export function toInstance(row: InstanceRow): LoopInstance {
  const [
    tenant,
    runId,
    aggregateId,
    loopId,
    currentState,
    status,
    version,
    createdAt,
    updatedAt,
    tags,
    rest,
  ] = row
  return readRun(rest, {
    tenant,
    loopId,
    aggregateId,
    runId,
    currentState,
    status,
    version,
    tags: JSON.parse(tags) as readonly string[],
    createdAt,
    updatedAt,
  })
}

export const entryColumns = 'run_id, seq, type, transition_id, at, hash, body, evidence, salt'
export type EntryRow = [
  runId: string,
  seq: number,
  type: StoredEntry['type'],
  transitionId: string | null,
  at: number,
  hash: string,
  body: string,
  evidence: string | null,
  salt: string | null,
]

export function toEntry([
  runId,
  seq,
  type,
  transitionId,
  at,
  hash,
  body,
  evidence,
  salt,
]: EntryRow): StoredEntry {
  return { runId, seq, type, transitionId, at, hash, body, evidence, salt }
}

export type ApprovalRow = [request: string, messages: string | null]

export function toApproval([text, messages]: ApprovalRow): ApprovalRequest {
  return readRequest(text, messages)
}

/** A whole number; one beyond those of JavaScript, which only hands write, as the last of them: nobody stops at its row. */
export function safe(column: string): string {
  return `max(-${Number.MAX_SAFE_INTEGER}, min(${column}, ${Number.MAX_SAFE_INTEGER}))`
}

/** So many that one more is a number. */
export const attempts = 'max(0, min(attempt, 2147483646))'

export const itemColumns = `
  id, tenant, aggregate_id, run_id, lane, kind, name, ${safe('first_seq')}, payload, ${safe('due_at')}, ${attempts}`
export type ItemRow = [
  id: string,
  tenant: string,
  aggregateId: string,
  runId: string,
  lane: string,
  kind: OutboxItem['kind'],
  name: string,
  seq: number,
  payload: string,
  dueAt: number,
  attempt: number,
]

export function toItem(
  row: readonly [...ItemRow, ...unknown[]],
): OutboxItem & { readonly attempt: number } {
  const [id, tenant, aggregateId, runId, lane, kind, name, seq, payload, dueAt, attempt] = row
  return { id, tenant, aggregateId, runId, lane, kind, name, seq, payload, dueAt, attempt }
}
