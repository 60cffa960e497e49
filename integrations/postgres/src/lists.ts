import { cutApprovals, cutPage, type LoopStore, readCursor, readLimit } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'
import { openStatuses } from './migrations/schema-v1.ts'
import { rareStatuses } from './migrations/status-index-v7.ts'
import { toApproval, toInstance, type ApprovalRow, type InstanceRow } from './rows.ts'

/** Lists by any combination of filters. Most of these statements have no name, because there would be too many. */
export function createLists(
  database: Database,
  schema: string,
): Pick<LoopStore, 'find' | 'approvals'> {
  const waiting = statementsOf(schema)(
    'waiting_v15',
    `SELECT * FROM ${schema}.waiting_v15($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
  )
  return {
    async find({ tenant, limit, cursor, ...wanted }) {
      const most = readLimit(limit)
      const after = readCursor('run', cursor)
      const filter = createFilter(tenant)
      if (after) filter.add((at, id) => `(created_at, run_id) > (${at}, ${id})`, after.at, after.id)
      filter.equal('loop_id', wanted.loopId)
      filter.equal('aggregate_id', wanted.aggregateId)
      filter.equal('state', wanted.state)
      // Written as the index has it, so that the planner can use the index.
      if (wanted.status === 'active') filter.add(() => openStatuses)
      else if (wanted.status && wanted.status !== 'completed') filter.add(() => rareStatuses)
      filter.equal('status', wanted.status)
      if (wanted.tag !== undefined) filter.add((tag) => `tags @> ARRAY[${tag}]::text[]`, wanted.tag)
      if (wanted.updatedFrom !== undefined)
        filter.add((at) => `updated_at >= ${at}`, wanted.updatedFrom)
      if (wanted.updatedUntil !== undefined)
        filter.add((at) => `updated_at < ${at}`, wanted.updatedUntil)
      const text = `SELECT body, version FROM ${schema}.instance WHERE ${filter.text()} ORDER BY created_at, run_id LIMIT ${most + 1}`
      const rows = await database.read<InstanceRow>({ name: '', text }, filter.values)
      return cutPage('run', rows.map(toInstance), most, ({ createdAt, runId }) => ({
        at: createdAt,
        id: runId,
      }))
    },
    async approvals({ tenant, limit, cursor, reviewers, ...wanted }) {
      const most = readLimit(limit)
      const last = readCursor('approval', cursor)
      if (reviewers) {
        const { status = null, runId = null, aggregateId = null, loopId = null } = wanted
        const { at, id } = last ?? { at: Number.MIN_SAFE_INTEGER, id: '' }
        const values = [tenant, reviewers.map(keptName), at, id]
        const filters = [status, runId, aggregateId, loopId]
        const rows = await database.read<ApprovalRow>(waiting, [...values, ...filters, most + 1])
        return cutApprovals(rows.map(toApproval), most)
      }
      const filter = createFilter(tenant)
      if (last) filter.add((at, id) => `(created_at, id) < (${at}, ${id})`, last.at, last.id)
      if (wanted.status === 'pending') filter.add(() => `status = 'pending'`)
      else filter.equal('status', wanted.status)
      filter.equal('run_id', wanted.runId)
      filter.equal('aggregate_id', wanted.aggregateId)
      filter.equal('loop_id', wanted.loopId)
      const text = `SELECT body, messages FROM ${schema}.approval WHERE ${filter.text()}
        ORDER BY created_at DESC, id DESC LIMIT ${most + 1}`
      const rows = await database.read<ApprovalRow>({ name: '', text }, filter.values)
      return cutApprovals(rows.map(toApproval), most)
    },
  }
}

/** PostgreSQL has no text with U+0000, so a request for a name with it counts as waiting for anybody; see waiting-v12.ts. */
function keptName(name: string): string {
  return name.includes('\0') ? '*' : name
}

interface Filter {
  readonly values: readonly unknown[]
  /** Adds a condition; its values are given as placeholders. */
  add(condition: (...placeholders: string[]) => string, ...values: unknown[]): void
  equal(column: string, value: string | undefined): void
  text(): string
}

function createFilter(tenant: string): Filter {
  const values: unknown[] = [tenant]
  const conditions = ['tenant = $1']
  const add: Filter['add'] = (condition, ...added) => {
    conditions.push(condition(...added.map((_, index) => `$${values.length + index + 1}`)))
    values.push(...added)
  }
  return {
    values,
    add,
    equal(column, value) {
      if (value !== undefined) add((placeholder) => `${column} = ${placeholder}`, value)
    },
    text: () => conditions.join(' AND '),
  }
}
