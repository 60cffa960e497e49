import { isOpen, type CommitPlan, type LoopInstance } from '@loop-engine/core'

import type { Connection } from '../connection/connection.ts'
import { restOf } from '../rows.ts'

/** The row of a run before the change. */
export type RunRow = [
  id: number,
  version: number,
  status: LoopInstance['status'],
  tags: string,
  /** Whether any stop is in force. */
  anyStop: 0 | 1,
]

interface RunWriter {
  /**
   * Moves or ends an open run by one statement, if only the version of the plan has to be judged, the tags stay, and no stop
   * is in force; returns false, and does nothing, otherwise. Most commits take this way.
   */
  move(plan: CommitPlan): boolean
  /** Writes a run that was judged: a new one, or one with this row. */
  save(plan: CommitPlan, row: RunRow | undefined): void
}

export function createRunWriter({ prepare }: Connection): RunWriter {
  const insert = prepare(`
    INSERT INTO instance (tenant, run_id, aggregate_id, loop_id, state, status, version, created_at, updated_at, tags, executions, rest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  // SQLite writes an index only if a statement names its column, so columns that seldom change have statements of their own.
  const change = `
    UPDATE instance SET version = ?, updated_at = ?, state = ?, executions = json_patch(executions, ?), rest = ?`
  const asJudged = `
    WHERE tenant = ? AND run_id = ? AND version = ? AND tags = ? AND NOT EXISTS (SELECT 1 FROM stop)`
  const moveOn = prepare(`${change} ${asJudged} AND status = ?`)
  const end = prepare(`${change}, status = ? ${asJudged}`)
  const keepStatus = prepare(`${change} WHERE id = ?`)
  const setStatus = prepare(`${change}, status = ? WHERE id = ?`)
  const setTags = prepare('UPDATE instance SET tags = ? WHERE id = ?')
  const tag = prepare(
    'INSERT OR IGNORE INTO tag (tenant, tag, created_at, run_id) VALUES (?, ?, ?, ?)',
  )
  const untag = prepare(
    'DELETE FROM tag WHERE tenant = ? AND tag = ? AND created_at = ? AND run_id = ?',
  )

  const start = (plan: CommitPlan): void => {
    const { tenant, runId, aggregateId, loopId, currentState, status, version } = plan.instance
    const { createdAt, updatedAt, tags } = plan.instance
    const names = [tenant, runId, aggregateId, loopId, currentState, status]
    const texts = [JSON.stringify(tags), executionsOf(plan), restOf(plan.instance)]
    insert.run(...names, version, createdAt, updatedAt, ...texts)
    for (const name of tags) tag.run(tenant, name, createdAt, runId)
  }
  return {
    move(plan) {
      const { tenant, runId, version, updatedAt, currentState, status, tags } = plan.instance
      if (plan.expectedVersion === 0 || hasConditions(plan)) return false
      const values = [version, updatedAt, currentState, executionsOf(plan), restOf(plan.instance)]
      const judged = [tenant, runId, plan.expectedVersion, JSON.stringify(tags)]
      const moved = isOpen(status)
        ? moveOn.run(...values, ...judged, status)
        : end.run(...values, status, ...judged)
      return moved === 1
    },
    save(plan, row) {
      if (row === undefined) return start(plan)
      const { instance } = plan
      const [id, , status, oldTags] = row
      const { tenant, runId, version, updatedAt, currentState, createdAt } = instance
      const values = [version, updatedAt, currentState, executionsOf(plan), restOf(instance)]
      if (status === instance.status) keepStatus.run(...values, id)
      else setStatus.run(...values, instance.status, id)
      const newTags = JSON.stringify(instance.tags)
      if (oldTags === newTags) return
      setTags.run(newTags, id)
      for (const name of JSON.parse(oldTags) as string[]) untag.run(tenant, name, createdAt, runId)
      for (const name of instance.tags) tag.run(tenant, name, createdAt, runId)
    },
  }
}

function hasConditions({ idempotency, settle, fence, spend, reservations }: CommitPlan): boolean {
  return (
    idempotency !== undefined ||
    settle !== undefined ||
    fence !== undefined ||
    spend !== undefined ||
    reservations !== undefined
  )
}

/** The newest `seq` of each transition that the plan executes, as JSON. */
function executionsOf({ entries }: CommitPlan): string {
  const newest = new Map<string, number>()
  for (const { type, transitionId, seq } of entries) {
    if (type === 'loop.transition.executed' && transitionId !== null) newest.set(transitionId, seq)
  }
  return JSON.stringify(Object.fromEntries(newest))
}
