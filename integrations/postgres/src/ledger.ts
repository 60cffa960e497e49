import type { LoopStore } from '@loop-engine/core'

import { statementsOf, type Database, type Statement } from './connection/database.ts'
import { untilReplicated } from './connection/replicated.ts'
import { openStatuses } from './migrations/schema-v1.ts'
import {
  entryColumns,
  toApproval,
  toEntry,
  toIdempotency,
  toInstance,
  toStop,
  type EntryRow,
  type StopRow,
} from './rows.ts'

type Ledger = Pick<
  LoopStore,
  | 'get'
  | 'getRun'
  | 'entries'
  | 'lastExecuted'
  | 'approval'
  | 'idempotency'
  | 'counter'
  | 'spentBy'
  | 'stops'
  | 'putDefinition'
  | 'definition'
  | 'prune'
>

/** Bounds how long one transaction deletes, because readers of the tail wait for it. */
const pruneStep = 5000

/** Reads single runs, entries, requests and what else the store keeps; also stores definitions and prunes. */
export function createLedger(database: Database, schema: string): Ledger {
  const statement = statementsOf(schema)
  const inPartition = `partition_at = (SELECT i.partition_at FROM ${schema}.instance i WHERE i.tenant = $1 AND i.run_id = $2)`
  const get = statement(
    'get_v14',
    `(SELECT body, version, 0 AS rank FROM ${schema}.instance WHERE tenant = $1 AND aggregate_id = $2 AND ${openStatuses} LIMIT 1)
    UNION ALL
    (SELECT body, version, 1 AS rank FROM ${schema}.instance WHERE tenant = $1 AND aggregate_id = $2
      ORDER BY created_at DESC, run_id DESC LIMIT 1)
    ORDER BY rank LIMIT 1`,
  )
  const getRun = statement(
    'get_run_v14',
    `SELECT body, version FROM ${schema}.instance WHERE tenant = $1 AND run_id = $2`,
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
  // The condition stands there twice, so that a window whose expiry is extended meanwhile is judged again.
  const prune = statement(
    'prune_v2',
    `WITH keys AS (DELETE FROM ${schema}.idempotency WHERE at < $1
        AND ctid = ANY (ARRAY(SELECT ctid FROM ${schema}.idempotency WHERE at < $1 LIMIT ${pruneStep})) RETURNING 1),
      windows AS (DELETE FROM ${schema}.counter WHERE expires_at < $1
        AND ctid = ANY (ARRAY(SELECT ctid FROM ${schema}.counter WHERE expires_at < $1 LIMIT ${pruneStep})) RETURNING 1)
    SELECT (SELECT count(*) FROM keys) + (SELECT count(*) FROM windows) AS pruned`,
  )
  const one = async <Row, Item>(
    query: Statement,
    values: readonly unknown[],
    read: (row: Row) => Item,
  ): Promise<Item | null> => {
    const [row] = await database.read<Row>(query, values)
    return row === undefined ? null : read(row)
  }

  return {
    get: (tenant, aggregateId) => one(get, [tenant, aggregateId], toInstance),
    getRun: (tenant, runId) => one(getRun, [tenant, runId], toInstance),
    async entries(tenant, runId, { from = 1, to = Number.MAX_SAFE_INTEGER, limit = 1000 } = {}) {
      const last = Math.min(to, Number.MAX_SAFE_INTEGER)
      const rows = await database.read<EntryRow>(entries, [tenant, runId, from, last, limit])
      return rows.map(toEntry)
    },
    lastExecuted: (tenant, runId, transitionId) =>
      one(lastExecuted, [tenant, runId, transitionId], toEntry),
    approval: (tenant, id) => one(approval, [tenant, id], toApproval),
    async idempotency(tenant, principal, key) {
      const record = await one(idempotency, [tenant, principal, key], toIdempotency)
      // Giving an old answer acknowledges its commit again, so the standby must have it.
      if (record !== null) await untilReplicated(database)
      return record
    },
    async counter(tenant, key, bucket) {
      const values = [tenant, key, bucket]
      return (await one(counter, values, ({ value }: { value: number }) => value)) ?? 0
    },
    spentBy: (tenant, receipt) =>
      one(spentBy, [tenant, receipt], (row: { spent_by: string }) => row.spent_by),
    async stops() {
      return (await database.read<StopRow>(stops, [])).map(toStop)
    },
    async putDefinition(digest, text) {
      await database.read(putDefinition, [digest, text])
    },
    definition: (digest) => one(definition, [digest], ({ body }: { body: string }) => body),
    async prune(before) {
      for (let pruned = 0; ;) {
        const some = await one(prune, [before], (row: { pruned: string }) => Number(row.pruned))
        if (!some) return pruned
        pruned += some
      }
    },
  }
}
