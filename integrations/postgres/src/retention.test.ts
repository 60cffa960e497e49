import { LoopError, type LoopStore, type StoreRetention } from '@loop-engine/core'
import {
  approvalRequest,
  nextPlan,
  outboxItem,
  planEpoch,
  startPlan,
  startPostgres,
} from '@loop-engine/testing'
import pg from 'pg'
import { describe, expect, onTestFinished, test } from 'vitest'

import { openBigIntPool } from './bigint-pool.fixture.ts'
import { encodePlans } from './commit/encode-plans.ts'
import { commitRun, logAll, openLedger, type TestLedger } from './retention.fixture.ts'

const later = planEpoch + 60_000
const nothing = { unsigned: 0, undelivered: 0, damaged: 0 }

function retentionOf({ retention }: LoopStore): StoreRetention {
  if (!retention) throw new LoopError('unsupported', 'The store has no retention.')
  return retention
}

/** Moves what begins from now on into a month of the past, which then has its own partition. */
async function backTo({ sql }: TestLedger, month: string): Promise<void> {
  const from = Date.parse(`${month}-01T00:00:00Z`)
  const name = `entry_${month.replace('-', '_')}`
  await sql(`CREATE TABLE IF NOT EXISTS $s.${name} PARTITION OF $s.entry FOR VALUES
    FROM (${from}) TO (${from + 28 * 86_400_000})`)
  await sql(`ALTER TABLE $s.instance ALTER COLUMN partition_at SET DEFAULT ${from + 1}`)
}

const partitionsOf = async ({ sql }: TestLedger): Promise<readonly unknown[]> =>
  (await sql('SELECT name FROM $s.partitions_v3() WHERE to_at < 1735689600000')).map(
    ({ name }) => name,
  )

describe('retention', () => {
  test('drops entries of closed runs that are logged and signed, and keeps their leaves', async () => {
    const ledger = await openLedger()
    const { store } = ledger
    const { instance } = await commitRun(store, 'old')
    await logAll(store)
    const leaves = await store.leaves('acme', { from: 0, limit: 10 })
    const last = (await store.entries('acme', instance.runId)).at(-1)

    const report = await retentionOf(store).drop({ before: later })

    expect(report).toEqual({ runs: 1, entries: 4, partitions: 0, kept: nothing })
    expect(await store.entries('acme', instance.runId)).toEqual([])
    expect(await store.leaves('acme', { from: 0, limit: 10 })).toEqual(leaves)
    expect(await store.getRun('acme', instance.runId)).toEqual(instance)
    expect(await store.unlogged('acme', 10)).toEqual([])
    expect(await retentionOf(store).dropped('acme', instance.runId)).toEqual({
      through: 4,
      head: last?.hash,
      before: later,
      at: expect.any(Number),
    })
    expect(await ledger.sql('SELECT tenant, size, note FROM $s.retention')).toEqual([
      { tenant: 'acme', size: '4', note: 'note of 4' },
    ])
    expect(await retentionOf(store).drop({ before: later })).toMatchObject({ runs: 0, entries: 0 })
  })

  test('keeps what is open, younger, unsigned, undelivered or damaged, and says so', async () => {
    const { store, sql } = await openLedger()
    await commitRun(store, 'open', { closed: false })
    const young = startPlan({ aggregateId: 'young', createdAt: later, status: 'completed' })
    await store.commit([young])
    const waiting = startPlan({ aggregateId: 'waiting', status: 'completed' })
    await store.commit([{ ...waiting, outbox: [outboxItem(waiting.instance)] }])
    const edited = await commitRun(store, 'edited')
    const cut = await commitRun(store, 'cut')
    await logAll(store)
    await commitRun(store, 'unsigned')
    await logAll(store, 'acme', false)
    await commitRun(store, 'unlogged')
    await sql(
      `UPDATE $s.entry SET body = replace(body, 'tester', 'nobody') WHERE run_id = $1 AND seq = 2`,
      [edited.instance.runId],
    )
    await sql('DELETE FROM $s.entry WHERE run_id = $1 AND seq = 3', [cut.instance.runId])
    const before = await sql('SELECT tenant, run_id, seq, body FROM $s.entry ORDER BY 1, 2, 3')

    const report = await retentionOf(store).drop({ before: later })

    const kept = { unsigned: 2, undelivered: 1, damaged: 2 }
    expect(report).toEqual({ runs: 0, entries: 0, partitions: 0, kept })
    expect(await sql('SELECT tenant, run_id, seq, body FROM $s.entry ORDER BY 1, 2, 3')).toEqual(
      before,
    )
    expect(await sql('SELECT * FROM $s.retention')).toEqual([])
  })

  test('tries without touching anything, and takes one tenant alone', async () => {
    const { store, sql } = await openLedger()
    for (const tenant of ['acme', 'other']) {
      await commitRun(store, 'old', { tenant })
      await logAll(store, tenant)
    }
    const tables = 'SELECT (SELECT count(*) FROM $s.entry), (SELECT count(*) FROM $s.dropped) AS d'

    const dry = await retentionOf(store).drop({ before: later, dryRun: true })
    const untouched = await sql(tables)
    const one = await retentionOf(store).drop({ before: later, tenant: 'other' })

    expect(dry).toEqual({ runs: 2, entries: 8, partitions: 0, kept: nothing })
    expect(untouched).toEqual([{ count: '8', d: '0' }])
    expect(one).toMatchObject({ runs: 1, entries: 4 })
    expect(await store.entries('acme', 'run-of-old')).toHaveLength(4)
    expect(await store.entries('other', 'run-of-old')).toEqual([])
  })

  test('forgets approvals with the entries whose evidence they quote', async () => {
    const { store } = await openLedger()
    const start = startPlan({ aggregateId: 'old' })
    const request = approvalRequest(start.instance, { status: 'approved' })
    const end = nextPlan(start.instance, [{ status: 'completed' }], {}, { status: 'completed' })
    await store.commit([{ ...start, approvals: [request] }])
    await store.commit([end])
    await logAll(store)

    await retentionOf(store).drop({ before: later })

    expect(await store.approval('acme', request.id)).toBeNull()
  })

  test('counts what went in a partition also where an application has its own types of numbers', async () => {
    const pool = openBigIntPool((await startPostgres()).url)
    const ledger = await openLedger({ connectionString: undefined, pool })
    await backTo(ledger, '2020-01')
    await commitRun(ledger.store, 'first')
    await logAll(ledger.store)

    const report = await retentionOf(ledger.store).drop({ before: later })

    expect(report).toEqual({ runs: 1, entries: 4, partitions: 1, kept: nothing })
  })

  test('takes out a whole partition of the past when every run in it may go', async () => {
    const ledger = await openLedger()
    const { store } = ledger
    await backTo(ledger, '2020-01')
    const { instance } = await commitRun(store, 'first')
    await commitRun(store, 'second')
    await backTo(ledger, '2020-02')
    await commitRun(store, 'third')
    await commitRun(store, 'open', { closed: false })
    await logAll(store)

    const report = await retentionOf(store).drop({ before: later })

    expect(report).toEqual({ runs: 3, entries: 12, partitions: 1, kept: nothing })
    expect(await partitionsOf(ledger)).toEqual(['entry_2020_02'])
    expect(await store.entries('acme', 'run-of-open')).toHaveLength(4)
    // An attempt on the closed run is recorded all the same, where no other partition is.
    const late = nextPlan(instance, [{ type: 'loop.transition.rejected' }])
    expect(await store.commit([late])).toEqual([{ kind: 'committed' }])
    expect(await store.entries('acme', instance.runId)).toEqual(late.entries)
    await logAll(store)
    expect(await retentionOf(store).drop({ before: later })).toMatchObject({ runs: 1, entries: 1 })
    expect(await retentionOf(store).dropped('acme', instance.runId)).toMatchObject({ through: 5 })
  })

  test('keeps a partition into which a closed run records something at that moment', async () => {
    const ledger = await openLedger()
    const { store, schema, sql } = ledger
    await backTo(ledger, '2020-01')
    const { instance } = await commitRun(store, 'order')
    await logAll(store)
    const late = nextPlan(instance, [{ type: 'loop.transition.rejected' }])
    const other = new pg.Client({ connectionString: ledger.server.url })
    onTestFinished(() => other.end())
    await other.connect()
    await other.query('BEGIN')
    await other.query(`SELECT ${schema}.commit_v1($1, $2, $3, $4, false)`, encodePlans([late]))

    const dropping = retentionOf(store).drop({ before: later })
    const waits = `SELECT FROM pg_locks WHERE NOT granted AND relation = '$s.entry'::regclass`
    while ((await sql(waits)).length === 0);
    await other.query('COMMIT')

    expect(await dropping).toEqual({ runs: 1, entries: 4, partitions: 0, kept: nothing })
    expect(await partitionsOf(ledger)).toEqual(['entry_2020_01'])
    expect(await store.entries('acme', instance.runId)).toEqual(late.entries)
  })
})
