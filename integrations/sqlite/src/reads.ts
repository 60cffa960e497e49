import {
  type ApprovalQuery,
  type ApprovalRequest,
  comparePositions,
  cutApprovals,
  cutPage,
  type InstanceQuery,
  type LoopInstance,
  type LoopStore,
  type Page,
  readCursor,
  readLimit,
} from '@loop-engine/core'

import type { Connection, Statement, Value } from './connection/connection.ts'
import {
  entryColumns,
  instanceColumns,
  itemColumns,
  toApproval,
  toEntry,
  toInstance,
  toItem,
  type ApprovalRow,
  type EntryRow,
  type InstanceRow,
  type ItemRow,
} from './rows.ts'

type Call =
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
  | 'definition'
  | 'delivery'

const byId = 'SELECT request, messages FROM approval WHERE tenant = ? AND id = ?'

/** The reads of the contract, as long as the file is open: the same calls without the promises. */
export type Reads = {
  readonly [Name in Call]: (
    ...values: Parameters<LoopStore[Name]>
  ) => Awaited<ReturnType<LoopStore[Name]>>
}

export function createReads(connection: Connection): Reads {
  return { ...createSingleReads(connection), ...createLists(connection) }
}

function createSingleReads({ prepare }: Connection): Omit<Reads, 'find' | 'approvals'> {
  const openRun = prepare<InstanceRow>(`
    SELECT ${instanceColumns} FROM instance
    WHERE tenant = ? AND aggregate_id = ? AND status IN ('active', 'suspended')`)
  const newestRun = prepare<InstanceRow>(`
    SELECT ${instanceColumns} FROM instance
    WHERE tenant = ? AND aggregate_id = ? ORDER BY created_at DESC, run_id DESC LIMIT 1`)
  const run = prepare<InstanceRow>(
    `SELECT ${instanceColumns} FROM instance WHERE tenant = ? AND run_id = ?`,
  )
  const entries = prepare<EntryRow>(`
    SELECT ${entryColumns} FROM entry
    WHERE tenant = ? AND run_id = ? AND seq BETWEEN ? AND ? ORDER BY seq LIMIT +?`)
  const executed = prepare<[seq: number]>(`
    SELECT value FROM instance, json_each(executions) WHERE tenant = ? AND run_id = ? AND key = ?`)
  const approval = prepare<ApprovalRow>(byId)
  const answer = prepare<[fingerprint: string, answer: string, at: number]>(`
    SELECT fingerprint, answer, at FROM idempotency WHERE tenant = ? AND principal = ? AND key = ?`)
  const counter = prepare<[value: number]>(
    'SELECT value FROM counter WHERE tenant = ? AND key = ? AND bucket = ?',
  )
  const spender = prepare<[by: string]>('SELECT by FROM spent WHERE tenant = ? AND receipt = ?')
  const stops = prepare<[scope: string, reason: string, by: string, at: number]>(
    'SELECT scope, reason, by, at FROM stop ORDER BY scope',
  )
  // `kind <> 'publish'` names the partial index outbox_id.
  const delivery = prepare<ItemRow>(`
    SELECT ${itemColumns} FROM outbox WHERE id = ? AND tenant = ? AND kind <> 'publish'`)
  const definition = prepare<[text: string]>('SELECT text FROM definition WHERE digest = ?')

  return {
    get: (tenant, aggregateId) =>
      one(openRun.get(tenant, aggregateId) ?? newestRun.get(tenant, aggregateId), toInstance),
    getRun: (tenant, runId) => one(run.get(tenant, runId), toInstance),
    entries: (tenant, runId, { from = 1, to = Number.MAX_SAFE_INTEGER, limit = 1000 } = {}) =>
      entries.all(tenant, runId, from, to, Math.max(0, limit)).map(toEntry),
    lastExecuted(tenant, runId, transitionId) {
      const [seq] = executed.get(tenant, runId, transitionId) ?? []
      return seq === undefined ? null : one(entries.get(tenant, runId, seq, seq, 1), toEntry)
    },
    approval: (tenant, id) => one(approval.get(tenant, id), toApproval),
    idempotency: (tenant, principal, key) =>
      one(answer.get(tenant, principal, key), ([fingerprint, text, at]) => ({
        principal,
        key,
        fingerprint,
        answer: text,
        at,
      })),
    counter: (tenant, key, bucket) => counter.get(tenant, key, bucket)?.[0] ?? 0,
    spentBy: (tenant, receipt) => spender.get(tenant, receipt)?.[0] ?? null,
    stops: () => stops.all().map(([scope, reason, by, at]) => ({ scope, reason, by, at })),
    definition: (digest) => definition.get(digest)?.[0] ?? null,
    delivery(tenant, id) {
      const row = delivery.get(id, tenant)
      if (row === undefined) return null
      const { attempt: _, ...item } = toItem(row)
      return item
    },
  }
}

function createLists({ prepare }: Connection): Pick<Reads, 'find' | 'approvals'> {
  const statements = new Map<string, Statement<readonly unknown[]>>()
  /** Each combination of filters has its own text, which is prepared once. */
  const select = <Row extends readonly unknown[]>(sql: string, values: readonly Value[]): Row[] => {
    const statement = statements.get(sql) ?? prepare(sql)
    statements.set(sql, statement)
    return statement.all(...values) as Row[]
  }
  return {
    find: (query) => findRuns(query, select),
    approvals: (query) => findApprovals(query, select),
  }
}

type Select = <Row extends readonly unknown[]>(sql: string, values: readonly Value[]) => Row[]
type Filter = readonly [condition: string, value: Value | undefined]

function findRuns(query: InstanceQuery, select: Select): Page<LoopInstance> {
  const limit = readLimit(query.limit)
  const after = readCursor('run', query.cursor)
  // With a tag, the index of tags gives the order, and the runs are looked up one by one.
  const isTagged = query.tag !== undefined
  const order = isTagged ? 'tag' : 'instance'
  const from = isTagged ? 'tag CROSS JOIN instance USING (tenant, run_id)' : 'instance'
  const [where, values] = conditions([
    [`${order}.tenant = ?`, query.tenant],
    ['tag.tag = ?', query.tag],
    ['loop_id = ?', query.loopId],
    ['aggregate_id = ?', query.aggregateId],
    ['state = ?', query.state],
    ['status = ?', query.status],
    ['updated_at >= ?', query.updatedFrom],
    ['updated_at < ?', query.updatedUntil],
  ])
  const [start, ...position] =
    after === null
      ? ['']
      : [`AND (${order}.created_at, ${order}.run_id) > (?, ?)`, after.at, after.id]
  const rows = select<InstanceRow>(
    `SELECT ${instanceColumns} FROM ${from} WHERE ${where} ${start}
     ORDER BY ${order}.created_at, ${order}.run_id LIMIT +?`,
    [...values, ...position, limit + 1],
  )
  return cutPage('run', rows.map(toInstance), limit, ({ createdAt, runId }) => ({
    at: createdAt,
    id: runId,
  }))
}

function findApprovals(query: ApprovalQuery, select: Select): Page<ApprovalRequest> {
  const limit = readLimit(query.limit)
  const last = readCursor('approval', query.cursor)
  const [where, values] = conditions([
    ['tenant = ?', query.tenant],
    ['status = ?', query.status],
    ['run_id = ?', query.runId],
    ['aggregate_id = ?', query.aggregateId],
    ['loop_id = ?', query.loopId],
  ])
  const [beyond, direction] = query.reviewers ? ['>', 'ASC'] : ['<', 'DESC']
  const [end, ...position] =
    last === null ? [''] : [`AND (created_at, id) ${beyond} (?, ?)`, last.at, last.id]
  const page = `${where} ${end} ORDER BY created_at ${direction}, id ${direction} LIMIT +?`
  const given = [...values, ...position, limit + 1]
  const rows = query.reviewers
    ? readWaiting(query.reviewers.map((name) => [name, ...given]))
    : select<ApprovalRow>(`SELECT request, messages FROM approval WHERE ${page}`, given)
  return cutApprovals(rows.map(toApproval), limit)

  /** Finds the oldest ids of each name by index, and reads only the oldest of all of them. */
  function readWaiting(named: readonly (readonly Value[])[]): ApprovalRow[] {
    const ofName = `
      SELECT created_at, id FROM waiting CROSS JOIN approval USING (tenant, created_at, id)
      WHERE reviewer = ? AND status = 'pending' AND ${page}`
    const found = named.flatMap((each) => select<[at: number, id: string]>(ofName, each))
    return [...new Map(found.map(([at, id]) => [id, { at, id }])).values()]
      .toSorted(comparePositions)
      .slice(0, limit + 1)
      .flatMap(({ id }) => select<ApprovalRow>(byId, [query.tenant, id]))
  }
}

function conditions(filters: readonly Filter[]): [where: string, values: Value[]] {
  const used = filters.filter((filter): filter is [string, Value] => filter[1] !== undefined)
  return [used.map(([condition]) => condition).join(' AND '), used.map(([, value]) => value)]
}

function one<Row, Item>(row: Row | undefined, read: (row: Row) => Item): Item | null {
  return row === undefined ? null : read(row)
}
