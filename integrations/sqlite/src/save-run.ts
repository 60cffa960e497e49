import type { CommitPlan, LoopInstance, StoredEntry } from '@loop-engine/core'

import type { Connection } from './connection.ts'
import { restOf } from './rows.ts'

/** The row of a run before the change. */
export type RunRow = [
  id: number,
  version: number,
  state: string,
  status: LoopInstance['status'],
  tags: string,
  executed: string,
  /** Whether any stop is in force. */
  anyStop: 0 | 1,
]

/** The run, its tags and its entries. */
export function createRunWriter({
  prepare,
}: Connection): (plan: CommitPlan, row: RunRow | undefined) => void {
  const insert = prepare(`
    INSERT INTO instance (tenant, run_id, aggregate_id, loop_id, state, status, version, created_at, updated_at, tags, executed, rest)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  // An index is written only when its column is named, so columns that seldom change are set apart.
  const move = prepare(
    'UPDATE instance SET version = ?, updated_at = ?, executed = ?, rest = ? WHERE id = ?',
  )
  const moveTo = prepare(
    'UPDATE instance SET version = ?, updated_at = ?, executed = ?, rest = ?, state = ? WHERE id = ?',
  )
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

  const change = ({ instance, entries }: CommitPlan, row: RunRow): void => {
    const [id, , state, status, tags, executed] = row
    const { tenant, runId, version, currentState, createdAt, updatedAt } = instance
    const latest = latestExecuted(executed, entries)
    if (state === currentState) move.run(version, updatedAt, latest, restOf(instance), id)
    else moveTo.run(version, updatedAt, latest, restOf(instance), currentState, id)
    if (status !== instance.status) setStatus.run(instance.status, id)
    const newTags = JSON.stringify(instance.tags)
    if (tags === newTags) return
    setTags.run(newTags, id)
    for (const name of JSON.parse(tags) as string[]) untag.run(tenant, name, createdAt, runId)
    for (const name of instance.tags) tag.run(tenant, name, createdAt, runId)
  }
  const start = ({ instance, entries }: CommitPlan): void => {
    const { tenant, runId, aggregateId, loopId, currentState, status, version } = instance
    const { createdAt, updatedAt, tags } = instance
    const names = [tenant, runId, aggregateId, loopId, currentState, status]
    const texts = [JSON.stringify(tags), latestExecuted('[]', entries), restOf(instance)]
    insert.run(...names, version, createdAt, updatedAt, ...texts)
    for (const name of tags) tag.run(tenant, name, createdAt, runId)
  }
  const write = (tenant: string, entry: StoredEntry): void => {
    const { runId, seq, type, transitionId, at, hash, body, evidence, salt } = entry
    append.run(tenant, runId, seq, type, transitionId, at, hash, body, evidence, salt)
  }
  return (plan, row) => {
    if (row === undefined) start(plan)
    else change(plan, row)
    for (const entry of plan.entries) write(plan.tenant, entry)
  }
}

/** Pairs of a transition and the `seq` of its newest execution, as JSON. */
function latestExecuted(before: string, entries: readonly StoredEntry[]): string {
  let pairs = before
  for (const { type, transitionId, seq } of entries) {
    if (type === 'loop.transition.executed' && transitionId !== null)
      pairs = withExecution(pairs, transitionId, seq)
  }
  return pairs
}

const plain = /^[\w$.:/-]+$/

function withExecution(pairs: string, transitionId: string, seq: number): string {
  const start = `["${transitionId}",`
  const at = pairs.indexOf(start)
  // A plain name stands like this at the start of its pair only, so its number is exchanged without parsing.
  if (at !== -1 && plain.test(transitionId)) {
    const from = at + start.length
    return `${pairs.slice(0, from)}${seq}${pairs.slice(pairs.indexOf(']', from))}`
  }
  const latest = new Map(JSON.parse(pairs) as [string, number][])
  return JSON.stringify([...latest.set(transitionId, seq)])
}
