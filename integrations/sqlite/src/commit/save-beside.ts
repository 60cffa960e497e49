import type { CommitPlan } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import type { Outbox } from '../outbox/outbox.ts'
import { createWaitingWriter } from './save-waiting.ts'

/** Saves everything of a plan except the run and its entries. */
export function createBesideWriter(
  connection: Connection,
  outbox: Outbox,
): (plan: CommitPlan) => void {
  const { prepare } = connection
  const erase = prepare(`
    UPDATE entry SET evidence = NULL, salt = NULL WHERE tenant = ? AND run_id = ? AND seq = ?`)
  const approve = prepare(`
    INSERT INTO approval (tenant, id, run_id, aggregate_id, loop_id, status, created_at, request)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tenant, id) DO UPDATE SET status = excluded.status, request = excluded.request`)
  const keepWaiting = createWaitingWriter(connection)
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
      keepWaiting(tenant, request)
    }
    if (settle !== undefined) outbox.settle({ ...settle, outcome: { kind: 'done' } })
    for (const id of plan.cancel ?? []) outbox.cancel(tenant, id)
    for (const item of plan.outbox ?? []) {
      const entry = plan.entries[item.seq - plan.expectedVersion - 1]
      if (item.kind === 'publish' && entry) outbox.append(item, entry.at)
      else outbox.add(item)
    }
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
