import { isOpen, type CommitPlan, type CommitResult } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Reads } from '../reads.ts'
import type { RunRow } from './save-run.ts'

type Judge = (plan: CommitPlan, row: RunRow | undefined) => CommitResult | null

/** Why a plan may not happen, in the order that the contract gives; null when it may. */
export function createJudge({ prepare }: Connection, outbox: Outbox, reads: Reads): Judge {
  const anyStop = prepare<[1]>('SELECT 1 FROM stop LIMIT 1')
  const stop = prepare<[1]>('SELECT 1 FROM stop WHERE scope = ?')
  const openRun = prepare<[runId: string]>(`
    SELECT run_id FROM instance
    WHERE tenant = ? AND aggregate_id = ? AND status IN ('active', 'suspended')`)

  const known = ({ tenant, idempotency }: CommitPlan): CommitResult | null => {
    if (idempotency === undefined) return null
    const kept = reads.idempotency(tenant, idempotency.principal, idempotency.key)
    if (kept === null) return null
    return kept.fingerprint === idempotency.fingerprint
      ? { kind: 'duplicate', answer: kept.answer }
      : { kind: 'key-mismatch' }
  }
  const fenced = ({ tenant, settle, fence }: CommitPlan): CommitResult | null => {
    for (const lease of [settle, fence]) {
      if (lease === undefined || outbox.holds(tenant, lease)) continue
      return { kind: 'refused', reason: 'fenced', detail: lease.id }
    }
    return null
  }
  const stopped = ({ scopes }: CommitPlan, row: RunRow | undefined): CommitResult | null => {
    if (scopes.length === 0) return null
    if (row === undefined ? anyStop.get() === undefined : row[4] === 0) return null
    const detail = scopes.find((scope) => stop.get(scope) !== undefined)
    return detail === undefined ? null : { kind: 'refused', reason: 'stopped', detail }
  }
  const conflicting = (
    { tenant, instance, expectedVersion }: CommitPlan,
    row: RunRow | undefined,
  ): CommitResult | null => {
    const actual = row?.[1] ?? null
    if ((actual ?? 0) !== expectedVersion) return { kind: 'conflict', actual }
    const opens = isOpen(instance.status) && (row === undefined || !isOpen(row[2]))
    const isTaken = opens && openRun.get(tenant, instance.aggregateId) !== undefined
    return isTaken ? { kind: 'conflict', actual } : null
  }
  const spent = ({ tenant, spend }: CommitPlan): CommitResult | null => {
    if (spend === undefined || reads.spentBy(tenant, spend.receipt) === null) return null
    return { kind: 'refused', reason: 'spent', detail: spend.receipt }
  }
  const overrun = ({ tenant, reservations = [] }: CommitPlan): CommitResult | null => {
    for (const [index, { key, bucket, amount, limit }] of reservations.entries()) {
      const earlier = reservations
        .slice(0, index)
        .filter((each) => each.key === key && each.bucket === bucket)
      const value = reads.counter(tenant, key, bucket)
      const sum = earlier.reduce((total, each) => total + each.amount, value) + amount
      if (sum > limit) return { kind: 'refused', reason: 'limit', detail: key }
    }
    return null
  }
  return (plan, row) =>
    known(plan) ??
    fenced(plan) ??
    stopped(plan, row) ??
    conflicting(plan, row) ??
    spent(plan) ??
    overrun(plan)
}
