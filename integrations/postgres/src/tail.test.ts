import type { CommitPlan, LoopInstance, LoopStore, StoredEntry } from '@loop-engine/core'
import { nextPlan, startPlan, startPostgres, type PostgresServer } from '@loop-engine/testing'
import pg from 'pg'
import { beforeAll, expect, onTestFinished, test } from 'vitest'

import { openStore } from './postgres.fixture.ts'
import { createPostgresStore } from './postgres.ts'

let server: PostgresServer
beforeAll(async () => {
  server = await startPostgres()
})

interface Place {
  readonly schema: string
  readonly pool: pg.Pool
  open(): Promise<LoopStore>
}

function newPlace(): Place {
  const schema = server.schema()
  const pool = new pg.Pool({ connectionString: server.url })
  // A test that fails leaves transactions open; the pool would wait for them.
  onTestFinished(() => {
    void pool.end()
    return Promise.resolve()
  })
  return {
    schema,
    pool,
    open: () => openStore({ connectionString: server.url, schema }),
  }
}

/** A transaction that has written something and lasts until it is told to end. */
async function openTransaction({ pool, schema }: Place): Promise<() => Promise<void>> {
  const client = await pool.connect()
  await client.query('BEGIN')
  await client.query(`INSERT INTO ${schema}.definition VALUES ($1, '{}')`, [String(Math.random())])
  return async () => {
    await client.query('COMMIT')
    client.release()
  }
}

/** A process that is slow in mid-commit: all is written, the end of the transaction comes when it is told. */
async function commitSlowly(
  { pool, schema }: Place,
  plan: CommitPlan,
): Promise<() => Promise<unknown>> {
  const client = await pool.connect()
  await client.query('BEGIN')
  const written = Promise.withResolvers<void>()
  const end = Promise.withResolvers<void>()
  const query = async (statement: {
    readonly name: string
    readonly text: string
  }): Promise<unknown> => {
    const answer: unknown = await client.query(statement)
    if (!statement.name.includes('commit')) return answer
    written.resolve()
    await end.promise
    await client.query('COMMIT')
    return answer
  }
  const slowPool = Object.assign(new pg.Pool(), {
    connect: async () => ({ query, release: () => {}, on: () => {} }),
  })
  const store = createPostgresStore({ pool: slowPool, schema, listen: false })
  const committing = store.commit([plan])
  await written.promise
  return async () => {
    end.resolve()
    expect(await committing).toEqual([{ kind: 'committed' }])
    client.release()
  }
}

async function readOn(
  store: LoopStore,
  after: string | undefined,
): Promise<[StoredEntry[], string]> {
  const page = await store.tail?.({
    tenant: 'acme',
    limit: 7,
    ...(after !== undefined && { after }),
  })
  if (!page) throw new Error('The store cannot be tailed.')
  return [page.items.map(({ entry }) => entry), page.cursor]
}

test('a reader waits for what was begun early and commits late', async () => {
  const place = newPlace()
  const store = await place.open()
  const early = startPlan({ aggregateId: 'early' })
  const commitEarly = await commitSlowly(place, early)
  const late = startPlan({ aggregateId: 'late' })
  await store.commit([late])

  const [before, cursor] = await readOn(store, undefined)
  await commitEarly()
  const [after] = await readOn(store, cursor)

  expect(before).toEqual([])
  expect(after.map(({ runId }) => runId)).toEqual(['run-of-early', 'run-of-late'])
})

test('among committers and long transactions a tailer misses nothing, and sees each run in order', async () => {
  const place = newPlace()
  const [one, two] = [await place.open(), await place.open()]
  const reader = await place.open()
  const slow: (() => Promise<unknown>)[] = []
  let isOver = false
  const committers = Array.from({ length: 12 }, async (_, index) => {
    const store = index % 2 === 0 ? one : two
    const start = startPlan({ aggregateId: `order-${index}` })
    await store.commit([start])
    let instance: LoopInstance = start.instance
    for (let round = 0; round < 40; round += 1) {
      const plan = nextPlan(instance, round % 3 === 0 ? [{}, {}] : [{}])
      await store.commit([plan])
      instance = plan.instance
    }
  })
  const disturbing = (async () => {
    for (let round = 0; !isOver; round += 1) {
      slow.push(await openTransaction(place))
      slow.push(await commitSlowly(place, startPlan({ aggregateId: `slow-${round}` })))
      if (slow.length > 4) for (const end of slow.splice(0, 2)) await end()
    }
    for (const end of slow) await end()
  })()
  const seen: StoredEntry[] = []
  const missedBySeqReader = createTimeReader(place)
  let cursor: string | undefined
  const read = async (): Promise<number> => {
    const [entries, next] = await readOn(reader, cursor)
    seen.push(...entries)
    cursor = next
    await missedBySeqReader.read()
    return entries.length
  }
  const reading = (async () => {
    while (!isOver) await read()
  })()
  await Promise.all(committers)
  isOver = true
  await Promise.all([disturbing, reading])
  while ((await read()) > 0) {
    // What was held back comes now.
  }

  const { rows } = await place.pool.query<{ hash: string }>(
    `SELECT hash FROM ${place.schema}.entry`,
  )
  expect(seen.map(({ hash }) => hash).toSorted()).toEqual(rows.map(({ hash }) => hash).toSorted())
  const newest = new Map<string, number>()
  for (const { runId, seq } of seen) {
    expect(seq).toBe((newest.get(runId) ?? 0) + 1)
    newest.set(runId, seq)
  }
  // The same minutes, as a reader sees them who takes transaction numbers for the order of commits.
  expect(missedBySeqReader.seen()).toBeLessThan(rows.length)
})

/** What everybody writes first: go on behind the highest number seen. */
function createTimeReader({ pool, schema }: Place): { read(): Promise<void>; seen(): number } {
  let last = { xid: '0', run: '', seq: '0' }
  let seen = 0
  return {
    async read() {
      const { rows } = await pool.query<{ xid: string; run: string; seq: string }>(
        `SELECT xid, run_id AS run, seq FROM ${schema}.entry
        WHERE (xid, run_id, seq) > ($1::text::xid8, $2, $3) ORDER BY xid, run_id, seq`,
        [last.xid, last.run, last.seq],
      )
      seen += rows.length
      last = rows.at(-1) ?? last
    },
    seen: () => seen,
  }
}

test('a cursor from a time that the server has lost is refused, and so are entries of another server', async () => {
  const place = newPlace()
  const store = await place.open()
  await store.commit([startPlan()])
  const ahead = Buffer.from(JSON.stringify(['tail', '9000000000000000000', '', 0])).toString(
    'base64url',
  )

  await expect(store.tail?.({ tenant: 'acme', after: ahead })).rejects.toMatchObject({
    code: 'invalid_input',
  })
  await place.pool.query(`UPDATE ${place.schema}.entry SET xid = '9000000000000000000'`)
  await expect(store.tail?.({ tenant: 'acme' })).rejects.toMatchObject({ code: 'unsupported' })
  await place.pool.query(`UPDATE ${place.schema}.entry SET xid = '3'`)
  expect((await readOn(store, undefined))[0]).toHaveLength(1)
})
