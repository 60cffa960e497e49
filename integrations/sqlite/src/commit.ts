import {
  isOpen,
  LoopError,
  type CommitPlan,
  type CommitResult,
  type LoopInstance,
  type StoredEntry,
} from '@loop-engine/core'

import type { Connection } from './connection.ts'
import type { Outbox } from './outbox.ts'
import { restOf } from './rows.ts'

/** The row of a run before the change. */
type RunRow = [
  id: number,
  version: number,
  state: string,
  status: LoopInstance['status'],
  tags: string,
]

/** Judges and makes one plan. Expects to run inside a transaction. */
export type Commit = (plan: CommitPlan) => CommitResult

export function createCommit(connection: Connection, outbox: Outbox): Commit {
  const judge = createJudge(connection, outbox)
  const saveRun = createRunWriter(connection)
  const saveBeside = createBesideWriter(connection, outbox)
  const run = connection.prepare<RunRow>(
    'SELECT id, version, state, status, tags FROM instance WHERE tenant = ? AND run_id = ?',
  )
  return (plan) => {
    const row = run.get(plan.tenant, plan.instance.runId)
    const refusal = judge(plan, row)
    if (refusal !== null) return refusal
    saveRun(plan, row)
    saveBeside(plan)
    return { kind: 'committed' }
  }
}

/** A plan whose entries do not continue the run is a mistake of the caller. */
export function checkSequence({ instance, entries, expectedVersion }: CommitPlan): void {
  const isNext = entries.every(({ seq }, index) => seq === expectedVersion + index + 1)
  if (isNext && instance.version === expectedVersion + entries.length) return
  throw new LoopError('invalid_input', 'The entries of a plan do not continue its run.', {
    details: { runId: instance.runId, expectedVersion },
  })
}

type Judge = (plan: CommitPlan, row: RunRow | undefined) => CommitResult | null

/** Why a plan may not happen, in the order that the contract gives; null when it may. */
function createJudge({ prepare }: Connection, outbox: Outbox): Judge {
  const answer = prepare<[fingerprint: string, answer: string]>(
    'SELECT fingerprint, answer FROM idempotency WHERE tenant = ? AND principal = ? AND key = ?',
  )
  const anyStop = prepare<[1]>('SELECT 1 FROM stop LIMIT 1')
  const stop = prepare<[1]>('SELECT 1 FROM stop WHERE scope = ?')
  const openRun = prepare<[runId: string]>(`
    SELECT run_id FROM instance
    WHERE tenant = ? AND aggregate_id = ? AND status IN ('active', 'suspended')`)
  const spender = prepare<[by: string]>('SELECT by FROM spent WHERE tenant = ? AND receipt = ?')
  const counter = prepare<[value: number]>(
    'SELECT value FROM counter WHERE tenant = ? AND key = ? AND bucket = ?',
  )

  const known = ({ tenant, idempotency }: CommitPlan): CommitResult | null => {
    if (idempotency === undefined) return null
    const row = answer.get(tenant, idempotency.principal, idempotency.key)
    if (row === undefined) return null
    return row[0] === idempotency.fingerprint
      ? { kind: 'duplicate', answer: row[1] }
      : { kind: 'key-mismatch' }
  }
  const fenced = ({ tenant, settle, fence }: CommitPlan): CommitResult | null => {
    for (const lease of [settle, fence]) {
      if (lease === undefined || outbox.holds(tenant, lease)) continue
      return { kind: 'refused', reason: 'fenced', detail: lease.id }
    }
    return null
  }
  const stopped = ({ scopes }: CommitPlan): CommitResult | null => {
    if (scopes.length === 0 || anyStop.get() === undefined) return null
    const detail = scopes.find((scope) => stop.get(scope) !== undefined)
    return detail === undefined ? null : { kind: 'refused', reason: 'stopped', detail }
  }
  const conflicting = (
    { tenant, instance, expectedVersion }: CommitPlan,
    row: RunRow | undefined,
  ): CommitResult | null => {
    const actual = row?.[1] ?? null
    if ((actual ?? 0) !== expectedVersion) return { kind: 'conflict', actual }
    const opens = isOpen(instance.status) && (row === undefined || !isOpen(row[3]))
    const isTaken = opens && openRun.get(tenant, instance.aggregateId) !== undefined
    return isTaken ? { kind: 'conflict', actual } : null
  }
  const spent = ({ tenant, spend }: CommitPlan): CommitResult | null => {
    if (spend === undefined || spender.get(tenant, spend.receipt) === undefined) return null
    return { kind: 'refused', reason: 'spent', detail: spend.receipt }
  }
  const overrun = ({ tenant, reservations = [] }: CommitPlan): CommitResult | null => {
    for (const [index, { key, bucket, amount, limit }] of reservations.entries()) {
      const earlier = reservations
        .slice(0, index)
        .filter((each) => each.key === key && each.bucket === bucket)
      const [value = 0] = counter.get(tenant, key, bucket) ?? []
      const sum = earlier.reduce((total, each) => total + each.amount, value) + amount
      if (sum > limit) return { kind: 'refused', reason: 'limit', detail: key }
    }
    return null
  }
  return (plan, row) =>
    known(plan) ??
    fenced(plan) ??
    stopped(plan) ??
    conflicting(plan, row) ??
    spent(plan) ??
    overrun(plan)
}

/** The run, its tags and its entries. */
function createRunWriter({
  prepare,
}: Connection): (plan: CommitPlan, row: RunRow | undefined) => void {
  const insert = prepare(`
    INSERT INTO instance (tenant, run_id, aggregate_id, loop_id, state, status, version, created_at, updated_at, tags, rest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  // An index is written only when its column is named, so columns that seldom change are set apart.
  const move = prepare('UPDATE instance SET version = ?, updated_at = ?, rest = ? WHERE id = ?')
  const setState = prepare('UPDATE instance SET state = ? WHERE id = ?')
  const setStatus = prepare('UPDATE instance SET status = ? WHERE id = ?')
  const setTags = prepare('UPDATE instance SET tags = ? WHERE id = ?')
  const tag = prepare(
    'INSERT OR IGNORE INTO tag (tenant, tag, created_at, run_id) VALUES (?, ?, ?, ?)',
  )
  const untag = prepare(
    'DELETE FROM tag WHERE tenant = ? AND tag = ? AND created_at = ? AND run_id = ?',
  )
  const append = prepare(`
    INSERT INTO entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)

  const change = (instance: LoopInstance, [id, , state, status, tags]: RunRow): void => {
    const { tenant, runId, version, createdAt, updatedAt } = instance
    move.run(version, updatedAt, restOf(instance), id)
    if (state !== instance.currentState) setState.run(instance.currentState, id)
    if (status !== instance.status) setStatus.run(instance.status, id)
    const newTags = JSON.stringify(instance.tags)
    if (tags === newTags) return
    setTags.run(newTags, id)
    for (const name of JSON.parse(tags) as string[]) untag.run(tenant, name, createdAt, runId)
    for (const name of instance.tags) tag.run(tenant, name, createdAt, runId)
  }
  const start = (instance: LoopInstance): void => {
    const {
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
    } = instance
    insert.run(
      tenant,
      runId,
      aggregateId,
      loopId,
      currentState,
      status,
      version,
      createdAt,
      updatedAt,
      JSON.stringify(tags),
      restOf(instance),
    )
    for (const name of tags) tag.run(tenant, name, createdAt, runId)
  }
  const write = (tenant: string, entry: StoredEntry): void => {
    const { runId, seq, type, transitionId, at, hash, body, evidence, salt } = entry
    append.run(tenant, runId, seq, type, transitionId, at, hash, body, evidence, salt)
  }
  return ({ tenant, instance, entries }, row) => {
    if (row === undefined) start(instance)
    else change(instance, row)
    for (const entry of entries) write(tenant, entry)
  }
}

/** Everything of a plan that lies beside the run. */
function createBesideWriter({ prepare }: Connection, outbox: Outbox): (plan: CommitPlan) => void {
  const erase = prepare(`
    UPDATE entry SET evidence = NULL, salt = NULL WHERE tenant = ? AND run_id = ? AND seq = ?`)
  const approve = prepare(`
    INSERT INTO approval (tenant, id, run_id, aggregate_id, loop_id, status, created_at, body)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, id) DO UPDATE SET
      run_id = excluded.run_id, aggregate_id = excluded.aggregate_id, loop_id = excluded.loop_id,
      status = excluded.status, created_at = excluded.created_at, body = excluded.body`)
  const remember = prepare(`
    INSERT INTO idempotency (tenant, principal, key, fingerprint, answer, at) VALUES (?, ?, ?, ?, ?, ?)`)
  const reserve = prepare(`
    INSERT INTO counter (tenant, key, bucket, value, expires_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (tenant, key, bucket) DO UPDATE SET
      value = value + excluded.value, expires_at = max(expires_at, excluded.expires_at)`)
  const spend = prepare('INSERT INTO spent (tenant, receipt, by) VALUES (?, ?, ?)')
  const setStop = prepare('INSERT OR REPLACE INTO stop (scope, reason, by, at) VALUES (?, ?, ?, ?)')
  const clearStop = prepare('DELETE FROM stop WHERE scope = ?')

  return (plan) => {
    const { tenant, instance, idempotency, settle } = plan
    for (const seq of plan.erase ?? []) erase.run(tenant, instance.runId, seq)
    for (const request of plan.approvals ?? []) {
      const { id, runId, aggregateId, loopId, status, createdAt } = request
      approve.run(
        tenant,
        id,
        runId,
        aggregateId,
        loopId,
        status,
        createdAt,
        JSON.stringify(request),
      )
    }
    if (settle !== undefined) outbox.finish(tenant, settle.id)
    for (const id of plan.cancel ?? []) outbox.cancel(tenant, id)
    for (const item of plan.outbox ?? []) outbox.add(item)
    if (idempotency !== undefined) {
      const { principal, key, fingerprint, answer, at } = idempotency
      remember.run(tenant, principal, key, fingerprint, answer, at)
    }
    for (const { key, bucket, amount, expiresAt } of plan.reservations ?? []) {
      reserve.run(tenant, key, bucket, amount, expiresAt ?? null)
    }
    if (plan.spend !== undefined) spend.run(tenant, plan.spend.receipt, plan.spend.by)
    for (const scope of plan.stops?.clear ?? []) clearStop.run(scope)
    for (const { scope, reason, by, at } of plan.stops?.set ?? [])
      setStop.run(scope, reason, by, at)
  }
}
