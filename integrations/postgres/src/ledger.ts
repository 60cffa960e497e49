import {
  type ApprovalRequest,
  cutPage,
  type LoopInstance,
  type LoopStore,
  readCursor,
  readLimit,
} from '@loop-engine/core'

import { statementsOf, type Database, type Statement } from './connection/database.ts'
import { untilReplicated } from './connection/replicated.ts'
import { rareStatuses } from './migrations/status-index-v7.ts'
import {
  entryColumns,
  toApproval,
  toEntry,
  toIdempotency,
  toStop,
  type ApprovalRow,
  type EntryRow,
  type IdempotencyRow,
  type StopRow,
} from './rows.ts'

type Ledger = Pick<
  LoopStore,
  | 'get'
  | 'getRun'
  | 'find'
  | 'entries'
  | 'lastExecuted'
  | 'approval'
  | 'approvals'
  | 'idempotency'
  | 'counter'
  | 'spentBy'
  | 'stops'
  | 'putDefinition'
  | 'definition'
  | 'prune'
>
type Body = { readonly body: string }

const open = `status IN ('active', 'suspended')`

/** What the store knows, read as it was committed. */
export function createLedger(database: Database, schema: string): Ledger {
  const statement = statementsOf(schema)
  const inPartition = `partition_at = (SELECT i.partition_at FROM ${schema}.instance i WHERE i.tenant = $1 AND i.run_id = $2)`
  const get = statement(
    'get_v1',
    `(SELECT body, 0 AS rank FROM ${schema}.instance WHERE tenant = $1 AND aggregate_id = $2 AND ${open} LIMIT 1)
    UNION ALL
    (SELECT body, 1 AS rank FROM ${schema}.instance WHERE tenant = $1 AND aggregate_id = $2
      ORDER BY created_at DESC, run_id DESC LIMIT 1)
    ORDER BY rank LIMIT 1`,
  )
  const getRun = statement(
    'get_run_v1',
    `SELECT body FROM ${schema}.instance WHERE tenant = $1 AND run_id = $2`,
  )
  const entries = statement(
    'entries_v1',
    `SELECT ${entryColumns} FROM ${schema}.entry WHERE tenant = $1 AND run_id = $2 AND seq >= $3 AND seq <= $4
      AND ${inPartition} ORDER BY seq LIMIT $5`,
  )
  const lastExecuted = statement(
    'last_executed_v1',
    `SELECT ${entryColumns} FROM ${schema}.entry WHERE tenant = $1 AND run_id = $2 AND transition_id = $3
      AND ${inPartition} AND type = 'loop.transition.executed' ORDER BY seq DESC LIMIT 1`,
  )
  const approval = statement(
    'approval_messages_v1',
    `SELECT body, messages FROM ${schema}.approval WHERE tenant = $1 AND id = $2`,
  )
  const idempotency = statement(
    'idempotency_v1',
    `SELECT principal, key, fingerprint, answer, at FROM ${schema}.idempotency
    WHERE tenant = $1 AND principal = $2 AND key = $3`,
  )
  const counter = statement(
    'counter_v1',
    `SELECT value FROM ${schema}.counter WHERE tenant = $1 AND key = $2 AND bucket = $3`,
  )
  const spentBy = statement(
    'spent_by_v1',
    `SELECT spent_by FROM ${schema}.spent WHERE tenant = $1 AND receipt = $2`,
  )
  const stops = statement(
    'stops_v1',
    `SELECT scope, reason, set_by, at FROM ${schema}.stop ORDER BY at, scope`,
  )
  const putDefinition = statement(
    'put_definition_v1',
    `INSERT INTO ${schema}.definition (digest, body) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
  )
  const definition = statement(
    'definition_v1',
    `SELECT body FROM ${schema}.definition WHERE digest = $1`,
  )
  const prune = statement(
    'prune_v1',
    `WITH keys AS (DELETE FROM ${schema}.idempotency WHERE at < $1 RETURNING 1),
      windows AS (DELETE FROM ${schema}.counter WHERE expires_at < $1 RETURNING 1)
    SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM windows) AS pruned`,
  )
  const first = async <Row>(query: Statement, values: readonly unknown[]): Promise<Row | null> =>
    (await database.read<Row>(query, values))[0] ?? null
  const run = async (
    query: Statement,
    values: readonly unknown[],
  ): Promise<LoopInstance | null> => {
    const row = await first<Body>(query, values)
    return row === null ? null : toInstance(row)
  }
  const entry = async (
    query: Statement,
    values: readonly unknown[],
  ): ReturnType<Ledger['lastExecuted']> => {
    const row = await first<EntryRow>(query, values)
    return row === null ? null : toEntry(row)
  }

  return {
    get: (tenant, aggregateId) => run(get, [tenant, aggregateId]),
    getRun: (tenant, runId) => run(getRun, [tenant, runId]),
    async find({ tenant, limit, cursor, ...wanted }) {
      const most = readLimit(limit)
      const after = readCursor('run', cursor)
      const filter = createFilter(tenant)
      if (after) filter.add((at, id) => `(created_at, run_id) > (${at}, ${id})`, after.at, after.id)
      filter.equal('loop_id', wanted.loopId)
      filter.equal('aggregate_id', wanted.aggregateId)
      filter.equal('state', wanted.state)
      // Named as the index names it, so that the planner knows that it may be used.
      if (wanted.status === 'active') filter.add(() => open)
      else if (wanted.status && wanted.status !== 'completed') filter.add(() => rareStatuses)
      filter.equal('status', wanted.status)
      if (wanted.tag !== undefined) filter.add((tag) => `${tag} = ANY (tags)`, wanted.tag)
      if (wanted.updatedFrom !== undefined)
        filter.add((at) => `updated_at >= ${at}`, wanted.updatedFrom)
      if (wanted.updatedUntil !== undefined)
        filter.add((at) => `updated_at < ${at}`, wanted.updatedUntil)
      const text = `SELECT body FROM ${schema}.instance WHERE ${filter.text()} ORDER BY created_at, run_id LIMIT ${most + 1}`
      const rows = await database.read<Body>({ name: '', text }, filter.values)
      return cutPage('run', rows.map(toInstance), most, ({ createdAt, runId }) => ({
        at: createdAt,
        id: runId,
      }))
    },
    async entries(tenant, runId, { from = 1, to = Number.MAX_SAFE_INTEGER, limit = 1000 } = {}) {
      const last = Math.min(to, Number.MAX_SAFE_INTEGER)
      const rows = await database.read<EntryRow>(entries, [tenant, runId, from, last, limit])
      return rows.map(toEntry)
    },
    lastExecuted: (tenant, runId, transitionId) =>
      entry(lastExecuted, [tenant, runId, transitionId]),

    async approval(tenant, id) {
      const row = await first<ApprovalRow>(approval, [tenant, id])
      return row === null ? null : toApproval(row)
    },
    async approvals({ tenant, limit, cursor, ...wanted }) {
      const most = readLimit(limit)
      const before = readCursor('approval', cursor)
      const filter = createFilter(tenant)
      if (before) filter.add((at, id) => `(created_at, id) < (${at}, ${id})`, before.at, before.id)
      if (wanted.status === 'pending') filter.add(() => `status = 'pending'`)
      else filter.equal('status', wanted.status)
      filter.equal('run_id', wanted.runId)
      filter.equal('aggregate_id', wanted.aggregateId)
      filter.equal('loop_id', wanted.loopId)
      const text = `SELECT body, messages FROM ${schema}.approval WHERE ${filter.text()}
        ORDER BY created_at DESC, id DESC LIMIT ${most + 1}`
      const rows = await database.read<ApprovalRow>({ name: '', text }, filter.values)
      const position = ({ createdAt, id }: ApprovalRequest): { at: number; id: string } => ({
        at: createdAt,
        id,
      })
      return cutPage('approval', rows.map(toApproval), most, position)
    },
    async idempotency(tenant, principal, key) {
      const row = await first<IdempotencyRow>(idempotency, [tenant, principal, key])
      if (row === null) return null
      // To give an old answer is to acknowledge it again.
      await untilReplicated(database)
      return toIdempotency(row)
    },
    async counter(tenant, key, bucket) {
      return (await first<{ value: number }>(counter, [tenant, key, bucket]))?.value ?? 0
    },
    async spentBy(tenant, receipt) {
      return (await first<{ spent_by: string }>(spentBy, [tenant, receipt]))?.spent_by ?? null
    },
    async stops() {
      return (await database.read<StopRow>(stops, [])).map(toStop)
    },
    async putDefinition(digest, text) {
      await database.read(putDefinition, [digest, text])
    },
    async definition(digest) {
      return (await first<Body>(definition, [digest]))?.body ?? null
    },
    async prune(before) {
      const row = await first<{ pruned: string }>(prune, [before])
      return Number(row?.pruned ?? 0)
    },
  }
}

function toInstance({ body }: Body): LoopInstance {
  return JSON.parse(body) as LoopInstance // written by `encodePlans` from a LoopInstance
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
