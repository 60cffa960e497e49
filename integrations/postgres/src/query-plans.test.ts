import { sha256Hex, type CommitPlan, type LoopStore } from '@loop-engine/core'
import {
  approvalRequest,
  nextPlan,
  outboxItem,
  planEpoch,
  startPlan,
  startPostgres,
} from '@loop-engine/testing'
import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'

import { createPostgresStore } from './postgres.ts'

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Join Filter'?: number
  readonly 'Shared Hit Blocks': number
  readonly Plans?: readonly Plan[]
}
interface Explained {
  readonly 'Query Text': string
  readonly Plan: Plan
}

const runs = 2000
/** How many rows a call may look at in vain. */
const patience = 1000

/** A store over a pool whose every statement, those within functions too, tells what it did. */
async function openExplained(
  max = 10,
  more: readonly string[] = [],
): Promise<{ store: LoopStore; pool: pg.Pool; told: Explained[]; schema: string }> {
  const server = await startPostgres()
  const told: Explained[] = []
  const settings = [
    'min_duration=0',
    'analyze=on',
    'buffers=on',
    'format=json',
    'nested_statements=on',
    'timing=off',
  ]
  const options = [
    'client_min_messages=log',
    'session_preload_libraries=auto_explain',
    ...settings.map((one) => `auto_explain.log_${one}`),
    ...more,
  ]
  const pool = new pg.Pool({
    connectionString: server.url,
    max,
    options: options.map((one) => `-c ${one}`).join(' '),
  })
  pool.on('connect', (client) =>
    client.on('notice', ({ message = '' }) => {
      const [, plan] = message.split('plan:\n')
      if (plan !== undefined) told.push(JSON.parse(plan) as Explained)
    }),
  )
  const schema = server.schema()
  const store = createPostgresStore({ pool, schema })
  await store.open()
  await analyzeNothing(pool, schema)
  told.length = 0 // Making the schema looks through the server's own tables.
  onTestFinished(async () => {
    await store.close()
    await pool.end()
  })
  return { store, pool, told, schema }
}

/** What the server counts on its own, at a time of its choosing, makes other plans. */
async function analyzeNothing(pool: pg.Pool, schema: string): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class
    WHERE relnamespace = '${schema}'::regnamespace AND relkind = 'r'`,
  )
  for (const { name } of rows)
    await pool.query(`ALTER TABLE ${name} SET (autovacuum_enabled = off)`)
}

const key = (run: number): string => `order-${String(run).padStart(6, '0')}`

/** A run in ten goes on; each has asked once, and a few left a dead letter. */
function plansOf(run: number): readonly [CommitPlan, CommitPlan] {
  const at = { createdAt: planEpoch + run, updatedAt: planEpoch + run }
  const loopId = run === 7 ? 'rare' : 'common'
  const start = startPlan({ aggregateId: key(run), loopId, tags: [key(run), 'all'], ...at })
  const isOver = run % 10 > 0
  const asked = approvalRequest(start.instance, { status: isOver ? 'approved' : 'pending' })
  const next = nextPlan(
    start.instance,
    [{}, {}],
    {
      approvals: [asked],
      idempotency: {
        principal: 'a:b',
        key: key(run),
        fingerprint: 'f',
        answer: '{}',
        at: planEpoch,
      },
      ...(run % 50 === 0 && { outbox: [outboxItem(start.instance)] }),
    },
    isOver ? { status: 'completed' } : {},
  )
  return [start, next]
}

async function fill(store: LoopStore): Promise<void> {
  const plans = Array.from({ length: runs }, (_, run) => plansOf(run))
  for (const turn of [0, 1] as const)
    for (let from = 0; from < runs; from += 250)
      await store.commit(plans.slice(from, from + 250).map((both) => both[turn]))
  const claims = await store.claim({ worker: 'w', now: planEpoch * 2, leaseMs: 1000, limit: 100 })
  await store.settle(
    claims.map(({ id, fence }) => ({
      id,
      fence,
      outcome: { kind: 'dead', error: 'x', at: planEpoch },
    })),
  )
  while (await log(store, 500)) continue
}

/** Puts so many entries into the log; false when there were none. */
async function log(store: LoopStore, limit: number): Promise<boolean> {
  const entries = await store.unlogged('acme', limit)
  const { size, root, frontier } = await store.logHead('acme')
  const leaves = entries.map(({ runId, seq, body }, place) => ({
    index: size + place,
    runId,
    seq,
    leafHash: sha256Hex(`\0${body}`),
  }))
  await store.appendLog('acme', {
    expectedSize: size,
    leaves,
    head: { size: size + leaves.length, root, frontier, note: null },
  })
  return entries.length > 0
}

const calls: Readonly<Record<string, (store: LoopStore) => Promise<unknown>>> = {
  get: (store) => store.get('acme', key(7)),
  getRun: (store) => store.getRun('acme', `run-of-${key(7)}`),
  'find all': (store) => store.find({ tenant: 'acme', limit: 10 }),
  'find open': (store) => store.find({ tenant: 'acme', status: 'active', limit: 10 }),
  'find suspended': (store) => store.find({ tenant: 'acme', status: 'suspended', limit: 10 }),
  'find failed': (store) => store.find({ tenant: 'acme', status: 'failed', limit: 10 }),
  'find key': (store) => store.find({ tenant: 'acme', aggregateId: key(7), limit: 10 }),
  'find tag': (store) => store.find({ tenant: 'acme', tag: key(7), limit: 10 }),
  'find no tag': (store) => store.find({ tenant: 'acme', tag: 'none', limit: 10 }),
  'find loop': (store) => store.find({ tenant: 'acme', loopId: 'rare', limit: 10 }),
  'find common loop': (store) => store.find({ tenant: 'acme', loopId: 'common', limit: 10 }),
  entries: (store) => store.entries('acme', `run-of-${key(7)}`),
  lastExecuted: (store) => store.lastExecuted('acme', `run-of-${key(7)}`, 'step'),
  approval: (store) => store.approval('acme', `approval-of-run-of-${key(7)}`),
  'approvals all': (store) => store.approvals({ tenant: 'acme', limit: 10 }),
  'approvals pending': (store) => store.approvals({ tenant: 'acme', status: 'pending', limit: 10 }),
  'approvals expired': (store) => store.approvals({ tenant: 'acme', status: 'expired' }),
  'approvals of a loop': (store) => store.approvals({ tenant: 'acme', loopId: 'rare' }),
  'approvals pending of a loop': (store) =>
    store.approvals({ tenant: 'acme', status: 'pending', loopId: 'rare' }),
  'approvals of a run': (store) => store.approvals({ tenant: 'acme', runId: `run-of-${key(7)}` }),
  'approvals of a key': (store) => store.approvals({ tenant: 'acme', aggregateId: key(7) }),
  'approvals for somebody': (store) =>
    store.approvals({ tenant: 'acme', reviewers: ['*', 'ann'], limit: 10 }),
  idempotency: (store) => store.idempotency('acme', 'a:b', key(7)),
  delivery: (store) => store.delivery('acme', `timer-of-run-of-${key(7)}`),
  claim: (store) => store.claim({ worker: 'w', now: 1, leaseMs: 1000, limit: 10 }),
  nextDueAt: (store) => store.nextDueAt(),
  deadLetters: (store) => store.deadLetters({ tenant: 'acme', limit: 10 }),
  log: (store) => log(store, 10),
  leaves: (store) => store.leaves('acme', { from: 100, limit: 10 }),
  leavesOf: (store) => store.leavesOf('acme', `run-of-${key(7)}`, { from: 1, limit: 10 }),
  tail: async (store) => store.tail?.({ tenant: 'acme', limit: 10 }),
  commit: (store) =>
    store.commit([startPlan({ aggregateId: key(runs + 1), runId: `run-${Math.random()}` })]),
}

/** The nodes that looked at many rows and had use for few. */
function wasteful({ Plan: plan, 'Query Text': text }: Explained): readonly string[] {
  const within = (node: Plan): readonly string[] => {
    const removed =
      (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Join Filter'] ?? 0)
    const read = removed * node['Actual Loops']
    const here =
      read > patience
        ? [`${node['Node Type']} ${node['Relation Name'] ?? ''} dropped ${read} rows: ${text}`]
        : []
    return [...here, ...(node.Plans ?? []).flatMap(within)]
  }
  return within(plan)
}

test('no call looks at many more rows than it has use for, before the server has analyzed the tables and after', async () => {
  const { store, pool, told } = await openExplained()
  await fill(store)
  const found: string[] = told.flatMap(wasteful)
  for (const when of ['before', 'after']) {
    if (when === 'after') await pool.query('ANALYZE')
    for (const [name, call] of Object.entries(calls)) {
      told.length = 0
      // Plans are made for the values of a call at first, and for all values later.
      for (let turn = 0; turn < 7; turn++) await call(store)
      expect(told.length, name).toBeGreaterThan(0)
      found.push(...told.flatMap(wasteful).map((waste) => `${name}, ${when}: ${waste}`))
    }
  }
  expect([...new Set(found)]).toEqual([])
}, 60_000)

/** The most pages that a statement of the call looked at. */
async function pagesOf(call: () => Promise<unknown>, told: Explained[]): Promise<number> {
  told.length = 0
  await call()
  return Math.max(...told.map(({ Plan: plan }) => plan['Shared Hit Blocks']))
}

test('a plan that was made when a table had one row is not kept while the table grows', async () => {
  vi.useFakeTimers({ toFake: ['performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { store, pool, told } = await openExplained(1)
  const start = startPlan({ aggregateId: 'first' })
  await store.commit([start])
  await store.commit([nextPlan(start.instance, [{}])])
  await pool.query('ANALYZE')
  for (const call of Object.values(calls)) for (let turn = 0; turn < 7; turn++) await call(store)
  await fill(store)
  vi.advanceTimersByTime(1000)
  await store.stops()

  for (const [name, call] of Object.entries(calls))
    expect(await pagesOf(() => call(store), told), name).toBeLessThan(50)
}, 60_000)

test('of a tag that most runs have no more is read than is asked for, once the server knows of it', async () => {
  const { store, pool, told } = await openExplained()
  await fill(store)
  await pool.query('ANALYZE')

  const pages = await pagesOf(() => store.find({ tenant: 'acme', tag: 'all', limit: 10 }), told)

  expect(pages).toBeLessThan(50)
}, 60_000)

/** The most rows that any one node of a plan looked at. */
function lookedAt({ Plan: plan }: Explained): number {
  const within = (node: Plan): number => {
    const rows = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)
    return Math.max(rows * node['Actual Loops'], ...(node.Plans ?? []).map(within))
  }
  return within(plan)
}

/** So many runs, each with so many items in a lane of its own. */
async function owe(store: LoopStore, of: string, lanes: number, inEach: number): Promise<void> {
  const plans = Array.from({ length: lanes }, (_, lane) => {
    const start = startPlan({ aggregateId: `${of}-${lane}` })
    const owed = Array.from({ length: inEach }, (_each, place) =>
      outboxItem(start.instance, { id: `${of}-${lane}-${place}`, dueAt: planEpoch + lane }),
    )
    return { ...start, outbox: owed }
  })
  for (let from = 0; from < lanes; from += 500) await store.commit(plans.slice(from, from + 500))
}

test('a claim looks neither at all that waits behind a sink that is away, nor at all that is due', async () => {
  const { store, told } = await openExplained()
  const later = planEpoch * 3
  const claim = (now: number, limit: number) =>
    store.claim({ worker: 'w', now, leaseMs: 1000, limit })
  await owe(store, 'away', 500, 5)
  const tried = await claim(planEpoch * 2, 500)
  const outcome = { kind: 'retry', dueAt: later, error: 'x' } as const
  await store.settle(tried.map(({ id, fence }) => ({ id, fence, outcome })))
  await owe(store, 'alive', 1500, 1)
  await claim(planEpoch * 2, 1)

  told.length = 0
  const [one] = await claim(planEpoch * 2, 1)
  const next = await store.nextDueAt()

  expect([one?.id, next]).toEqual(['alive-1-0', planEpoch + 2])
  expect(Math.max(...told.map(lookedAt))).toBeLessThan(100)
  // What waited goes on as soon as what it waited for is done.
  const heads = (await claim(later, 2000)).filter(({ id }) => id.startsWith('away'))
  await store.settle(heads.map(({ id, fence }) => ({ id, fence, outcome: { kind: 'done' } })))
  const behind = await claim(later, 2000)
  expect(new Set(behind.map(({ id }) => id))).toEqual(
    new Set(Array.from({ length: 500 }, (_, lane) => `away-${lane}-1`)),
  )
}, 60_000)

test('what waits for somebody is found without a look at what waits for others, or at all of it', async () => {
  const { store, pool, told } = await openExplained()
  const ask = async (from: number, to: number, ...reviewers: string[]): Promise<void> => {
    const plans = Array.from({ length: to - from }, (_, place) => {
      const { instance, ...plan } = startPlan({ aggregateId: key(from + place) })
      const policy = { stages: [{ reviewers, quorum: 1 }], fourEyes: true, expiresIn: '1h' }
      return { ...plan, instance, approvals: [approvalRequest(instance, { policy })] }
    })
    await store.commit(plans)
  }
  const looks = async (...reviewers: string[]): Promise<[items: number, mostRows: number]> => {
    told.length = 0
    const { items } = await store.approvals({ tenant: 'acme', reviewers, limit: 10 })
    return [items.length, Math.max(...told.map(lookedAt))]
  }
  await ask(0, 3, 'role:rare')
  await pool.query('ANALYZE')
  await ask(3, 1500, 'role:all', 'role:most')

  for (const when of ['before', 'after']) {
    if (when === 'after') await pool.query('ANALYZE')
    expect(await looks('role:rare', 'nobody'), when).toEqual([3, 3])
    expect(await looks('role:all', 'role:most', 'role:rare'), when).toEqual([10, 25])
  }
}, 60_000)

test('a claim looks at few of the many that are due, also once the server has counted them', async () => {
  const { store, pool, told } = await openExplained()
  await owe(store, 'late', 2000, 1)
  await pool.query('ANALYZE')
  await store.claim({ worker: 'w', now: planEpoch * 2, leaseMs: 1000, limit: 1 })

  told.length = 0
  const claims = await store.claim({ worker: 'w', now: planEpoch * 2, leaseMs: 1000, limit: 16 })

  expect(claims.map(({ id }) => id)).toEqual(
    Array.from({ length: 16 }, (_, place) => `late-${place + 1}-0`),
  )
  expect(Math.max(...told.map(lookedAt))).toBeLessThan(100)
}, 60_000)

test('retention looks once for all runs of a step at what is owed, though that is too much to remember', async () => {
  const { store, pool, told } = await openExplained(10, ['work_mem=64kB'])
  await fill(store)
  const { size, root } = await store.logHead('acme')
  await store.signLog('acme', { size, root }, 'note')
  await owe(store, 'late', 500, 20)
  await pool.query('ANALYZE')

  told.length = 0
  const report = await store.retention?.drop({ before: planEpoch * 2, dryRun: true })

  expect(report).toMatchObject({ runs: 1800, kept: { unsigned: 0, undelivered: 0, damaged: 0 } })
  expect(Math.max(...told.map(lookedAt))).toBeLessThan(20_000)
}, 60_000)

test('a step of retention looks at its own runs, not at all before them, nor at the entries that stay', async () => {
  const { store, pool, told } = await openExplained()
  await fill(store)
  await log(store, 5000)
  const { size, root } = await store.logHead('acme')
  await store.signLog('acme', { size, root }, 'note')
  await pool.query('ANALYZE')

  told.length = 0
  const report = await store.retention?.drop({ before: planEpoch * 2 })

  expect(report?.runs).toBeGreaterThan(1500)
  const deletes = told.filter((each) => each['Query Text'].includes('deleted AS'))
  expect(deletes.length).toBeGreaterThan(3)
  // Of each run its entries, and what vacuum has not taken out of the index yet.
  expect(Math.max(...deletes.map(lookedAt))).toBeLessThanOrEqual(1500)
}, 60_000)

test('while commits wait for a partition to go, nobody looks at all the runs that it had', async () => {
  const { store, pool, told, schema } = await openExplained()
  const from = Date.parse('2020-01-01')
  await pool.query(`CREATE TABLE ${schema}.entry_2020_01 PARTITION OF ${schema}.entry
    FOR VALUES FROM (${from}) TO (${from + 1000});
    ALTER TABLE ${schema}.instance ALTER COLUMN partition_at SET DEFAULT ${from + 1}`)
  const plans = Array.from({ length: runs }, (_, run) =>
    startPlan({ aggregateId: key(run), status: 'completed' }),
  )
  for (let start = 0; start < runs; start += 500)
    await store.commit(plans.slice(start, start + 500))
  while (await log(store, 500)) continue
  const { size, root } = await store.logHead('acme')
  await store.signLog('acme', { size, root }, 'note')

  told.length = 0
  const report = await store.retention?.drop({ before: planEpoch * 2 })

  expect(report).toMatchObject({ runs, entries: runs, partitions: 1 })
  const looks = (text: string): readonly number[] =>
    told.filter((each) => each['Query Text'].includes(text)).map(lookedAt)
  // Before, once; and then at what came since.
  expect(looks('< upper AND (d.through IS NULL')).toHaveLength(1)
  expect(looks('e.xid >= $1')).toEqual([expect.toSatisfy((rows: number) => rows < 100)])
}, 60_000)

test('what is old is forgotten in steps, so that nobody waits until all of it is', async () => {
  const { store, pool, told, schema } = await openExplained()
  await pool.query(`INSERT INTO ${schema}.idempotency
    SELECT 'acme', 'human:ann', number, 'f', 'answer', number FROM generate_series(1, 12000) AS number`)
  await pool.query(`INSERT INTO ${schema}.counter
    SELECT 'acme', 'budget', number, 1, number FROM generate_series(1, 100) AS number`)

  told.length = 0
  const pruned = await store.prune(11_001)

  expect(pruned).toBe(11_100)
  expect(Math.max(...told.map(lookedAt))).toBeLessThanOrEqual(12_000)
  expect(told.filter((each) => each['Query Text'].includes('DELETE'))).toHaveLength(4)
}, 60_000)

test('what the relay asks all the time is never compiled, which takes longer than to do it, nor sorted', async () => {
  const { pool, schema } = await openExplained()
  const { rows } = await pool.query<{ name: string; settings: string[] }>(
    `SELECT proname AS name, proconfig AS settings FROM pg_proc
    WHERE pronamespace = '${schema}'::regnamespace AND proname IN ('claim_v1', 'next_due_at_v7') ORDER BY 1`,
  )
  const [claim, nextDueAt] = rows.map(({ settings }) => settings)

  expect(claim).toEqual(expect.arrayContaining(['jit=off', 'enable_sort=off']))
  expect(nextDueAt).toContain('jit=off')
}, 60_000)
