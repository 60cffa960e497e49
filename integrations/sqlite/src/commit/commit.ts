import type { CommitPlan, CommitResult } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { Reads } from '../reads.ts'
import { createJudge } from './judge.ts'
import { createBesideWriter } from './save-beside.ts'
import { createRunWriter, type RunRow } from './save-run.ts'

/** Judges and makes one plan. Expects to run inside a transaction. */
export type Commit = (plan: CommitPlan) => CommitResult

export function createCommit(connection: Connection, outbox: Outbox, reads: Reads): Commit {
  const judge = createJudge(connection, outbox, reads)
  const runs = createRunWriter(connection)
  const saveBeside = createBesideWriter(connection, outbox)
  const append = connection.prepare(`
    INSERT INTO entry (tenant, run_id, seq, type, transition_id, at, hash, body, evidence, salt)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  const find = connection.prepare<RunRow>(
    `SELECT id, version, status, tags, EXISTS (SELECT 1 FROM stop) FROM instance
    WHERE tenant = ? AND run_id = ?`,
  )
  return (plan) => {
    if (!runs.move(plan)) {
      const row = find.get(plan.tenant, plan.instance.runId)
      const refusal = judge(plan, row)
      if (refusal !== null) return refusal
      runs.save(plan, row)
    }
    for (const { runId, seq, type, transitionId, at, hash, body, evidence, salt } of plan.entries)
      append.run(plan.tenant, runId, seq, type, transitionId, at, hash, body, evidence, salt)
    saveBeside(plan)
    return { kind: 'committed' }
  }
}
