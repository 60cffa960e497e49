import { sha256Hex, type CommitPlan, type LoopStore } from '@loop-engine/core'
import { nextPlan, startPlan, startPostgres, type PostgresServer } from '@loop-engine/testing'
import pg from 'pg'
import { onTestFinished } from 'vitest'

import { openStore } from './postgres.fixture.ts'
import type { PostgresStoreOptions } from './postgres.ts'

export interface TestLedger {
  readonly store: LoopStore
  readonly schema: string
  readonly server: PostgresServer
  /** Runs a statement as somebody who is not the store; `$s` stands for the schema. */
  sql(text: string, values?: readonly unknown[]): Promise<readonly Record<string, unknown>[]>
}

export async function openLedger(options: Partial<PostgresStoreOptions> = {}): Promise<TestLedger> {
  const server = await startPostgres()
  const schema = options.schema ?? server.schema()
  const pool = new pg.Pool({ connectionString: server.url, max: 2 })
  onTestFinished(() => pool.end())
  const store = await openStore({ connectionString: server.url, schema, ...options })
  const sql: TestLedger['sql'] = async (text, values = []) =>
    (await pool.query<Record<string, unknown>>(text.replaceAll('$s', schema), [...values])).rows
  return { store, schema, server, sql }
}

/** Begins and ends a run of four entries, with evidence; the last is written at `planEpoch` plus three seconds. */
export async function commitRun(
  store: LoopStore,
  aggregateId: string,
  { tenant = 'acme', closed = true }: { tenant?: string; closed?: boolean } = {},
): Promise<CommitPlan> {
  const start = startPlan({ aggregateId, tenant })
  const sealed = { text: '{"amount":250}', salt: '5a'.repeat(16) }
  const middle = nextPlan(start.instance, [{ sealed }, {}])
  const status = closed ? 'completed' : 'active'
  const last = nextPlan(middle.instance, [closed ? { status } : {}], {}, { status })
  for (const plan of [start, middle, last]) await store.commit([plan])
  return last
}

/** Puts everything into the tenant's log, and signs it as far as a store can see. */
export async function logAll(store: LoopStore, tenant = 'acme', signed = true): Promise<void> {
  const { size } = await store.logHead(tenant)
  const entries = await store.unlogged(tenant, 10_000)
  const leaves = entries.map(({ runId, seq, body }, offset) => ({
    index: size + offset,
    runId,
    seq,
    leafHash: sha256Hex(`\0${body}`),
  }))
  const head = {
    size: size + leaves.length,
    root: sha256Hex(String(size + leaves.length)),
    frontier: [],
    note: null,
  }
  await store.appendLog(tenant, { expectedSize: size, leaves, head })
  if (signed) await store.signLog(tenant, head, `note of ${head.size}`)
}
