import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import {
  isLoopError,
  publishItemId,
  type CommitPlan,
  type LoopInstance,
  type LoopStore,
} from '@loop-engine/core'
import {
  approvalRequest,
  nextPlan,
  outboxItem,
  planEpoch,
  startPlan,
  storeConformance,
} from '@loop-engine/testing'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'

import { connect } from './connection/connection.ts'
import { translate } from './connection/sqlite-error.ts'
import { createLog } from './log.ts'
import { createSqliteStore, type SqliteStoreOptions } from './sqlite.ts'

const folder = mkdtempSync(join(tmpdir(), 'loop-sqlite-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const newPath = (): string => join(folder, `${(files += 1)}.db`)
const paths = new WeakMap<LoopStore, string>()
const createAt = (path: string, options?: Partial<SqliteStoreOptions>): LoopStore => {
  const store = createSqliteStore({ path, ...options })
  paths.set(store, path)
  return store
}
const openAt = async (path: string, options?: Partial<SqliteStoreOptions>): Promise<LoopStore> => {
  const store = createAt(path, options)
  onTestFinished(() => store.close())
  await store.open()
  return store
}
const codeOf = async (answer: Promise<unknown>): Promise<string> => {
  const error: unknown = await answer.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  return isLoopError(error) ? error.code : String(error)
}
/** A run that has moved on once for each of `count` commits. */
const history = (count: number): CommitPlan[] => {
  const plans = [startPlan()]
  for (let plan = startPlan(); plans.length <= count; plans.push(plan))
    plan = nextPlan(plan.instance)
  return plans
}

for (const durability of ['power', 'process'] as const) {
  storeConformance({
    name: `sqlite (${durability})`,
    create: async () => createAt(newPath(), { durability }),
    reopen: async (closed) => createAt(paths.get(closed) ?? '', { durability }),
    without: ['tail', 'watch'],
  })
}

describe('the file', () => {
  test('keeps one row for all that a sink was not told of a run', async () => {
    const path = newPath()
    const store = await openAt(path)
    for (const { instance, ...plan } of history(50)) {
      const { runId, version: seq } = instance
      const id = publishItemId({ runId, seq, name: 'lake' })
      const lane = `publish:lake:${runId}`
      const event = outboxItem(instance, { id, lane, kind: 'publish', name: 'lake' })
      await store.commit([{ ...plan, instance, outbox: [event] }])
    }

    const db = new DatabaseSync(path)
    onTestFinished(() => db.close())
    expect(db.prepare('SELECT first_seq, last_seq FROM outbox').all()).toEqual([
      { first_seq: 1, last_seq: 51 },
    ])
  })

  test.each([
    ['a JSON that is none', "UPDATE instance SET rest = '{'"],
    ['a number beyond those of JavaScript', 'UPDATE instance SET version = 9223372036854775807'],
  ])('says of a row with %s that it was changed', async (_, change) => {
    const path = newPath()
    const store = await openAt(path)
    await store.commit([startPlan()])
    const other = new DatabaseSync(path)
    other.exec(change)
    other.close()

    expect(await codeOf(store.get('acme', 'order-1'))).toBe('corrupt')
    expect(await codeOf(store.find({ tenant: 'acme' }))).toBe('corrupt')
  })

  test('says so too where SQLite itself cannot read the JSON', async () => {
    const path = newPath()
    const store = await openAt(path)
    const plan = startPlan()
    await store.commit([plan])
    const other = new DatabaseSync(path)
    other.exec("UPDATE instance SET executions = '{'")
    other.close()

    expect(await codeOf(store.lastExecuted('acme', plan.instance.runId, 'pay'))).toBe('corrupt')
  })

  test.each(['null', '[]', '{}', '{"id":"a","policy":null}'])(
    'says of a run and a request that were made %s that they were changed',
    async (text) => {
      const path = newPath()
      const store = await openAt(path)
      const plan = startPlan()
      const { id } = approvalRequest(plan.instance)
      await store.commit([{ ...plan, approvals: [approvalRequest(plan.instance)] }])
      const other = new DatabaseSync(path)
      other.prepare('UPDATE instance SET rest = ?').run(text)
      other.prepare('UPDATE approval SET request = ?').run(text)
      other.close()

      expect(await codeOf(store.get('acme', 'order-1'))).toBe('corrupt')
      expect(await codeOf(store.approval('acme', id))).toBe('corrupt')
      expect(await codeOf(store.approvals({ tenant: 'acme' }))).toBe('corrupt')
    },
  )

  test('says that nothing can be delivered once the row of progress is gone', async () => {
    const path = newPath()
    const store = await openAt(path)
    const plan = startPlan()
    await store.commit([{ ...plan, outbox: [outboxItem(plan.instance)] }])
    const other = new DatabaseSync(path)
    other.exec('DELETE FROM progress')
    other.close()

    const query = { worker: 'w', leaseMs: 1000, limit: 10, now: planEpoch + 3_600_000 }
    expect(await codeOf(store.claim(query))).toBe('corrupt')
  })

  test('an order of a kind that there is not is claimed, so that somebody hears of it', async () => {
    const path = newPath()
    const store = await openAt(path)
    const plan = startPlan()
    await store.commit([{ ...plan, outbox: [outboxItem(plan.instance)] }])
    const other = new DatabaseSync(path)
    other.exec("UPDATE outbox SET kind = 'other'")
    other.close()

    const query = { worker: 'w', leaseMs: 1000, limit: 10, now: planEpoch + 3_600_000 }
    expect(await store.claim({ ...query, kinds: ['effect'] })).toEqual([])
    expect(await store.claim(query)).toMatchObject([{ kind: 'other' }])
  })

  test.each([
    'first_seq = 9223372036854775807',
    'first_seq = -9223372036854775808',
    'due_at = 9223372036854775807',
    'due_at = -9223372036854775808',
    'ready_at = -9223372036854775808',
    'attempt = 9223372036854775807',
    'attempt = -9223372036854775808',
    'fence = 9223372036854775807',
  ])('a row of the outbox that was made %s stops no other', async (change) => {
    const path = newPath()
    const store = await openAt(path)
    const plan = startPlan()
    const bad = outboxItem(plan.instance, { id: 'bad', lane: 'x', seq: 1 })
    const good = outboxItem(plan.instance, { id: 'good', lane: 'y', seq: 1 })
    const behind = outboxItem(plan.instance, { id: 'behind', lane: 'x', seq: 2 })
    await store.commit([{ ...plan, outbox: [bad, good, behind] }])
    const other = new DatabaseSync(path)
    other.exec(`UPDATE outbox SET ${change} WHERE id = 'bad'`)
    other.close()

    expect(await store.nextDueAt()).not.toBeNaN()
    const query = { worker: 'w', leaseMs: 1000, limit: 10, now: planEpoch + 3_600_000 }
    const claims = await store.claim(query)
    expect(claims.map(({ id }) => id).toSorted()).toEqual(['bad', 'good'])
    expect(claims.flatMap(Object.values).filter(Number.isFinite).every(Number.isSafeInteger)).toBe(
      true,
    )
    const outcome = { kind: 'dead', at: 1, error: 'corrupt' } as const
    await store.settle(claims.map(({ id, fence }) => ({ id, fence, outcome })))
    expect((await store.deadLetters({ tenant: 'acme' })).items).toHaveLength(2)
    expect(await store.claim(query)).toMatchObject([{ id: 'behind' }])
  })

  test.each([
    'ready_at = 9223372036854775807',
    'leased_until = 9223372036854775807',
    'last_seq = 9223372036854775807',
    'last_seq = 0',
    'first_seq = 1000',
  ])('events of which somebody made %s stop nobody, and come to an end', async (change) => {
    const path = newPath()
    const store = await openAt(path)
    let count = 0
    for (const { instance, ...plan } of history(5)) {
      const { runId, version: seq } = instance
      const id = publishItemId({ runId, seq, name: 'lake' })
      const lane = `publish:lake:${runId}`
      const event = outboxItem(instance, { id, lane, kind: 'publish', name: 'lake' })
      if (seq === 6) {
        const other = new DatabaseSync(path)
        other.exec(`UPDATE outbox SET ${change}`)
        other.close()
      }
      await store.commit([{ ...plan, instance, outbox: [event] }])
    }
    expect(await store.nextDueAt()).not.toBeNaN()
    const query = { worker: 'w', leaseMs: 1000, limit: 10, now: planEpoch + 3_600_000 }
    for (
      let claims = await store.claim(query);
      claims.length > 0;
      claims = await store.claim(query)
    ) {
      expect((count += claims.length)).toBeLessThan(20)
      const outcome = { kind: 'dead', at: 1, error: 'corrupt' } as const
      await store.settle(claims.map(({ id, fence }) => ({ id, fence, outcome })))
    }
  })

  test('who reads page after page lets others have their turn', async () => {
    const store = await openAt(newPath())
    let others = 0
    const other = setInterval(() => (others += 1), 1)
    onTestFinished(() => clearInterval(other))

    for (const end = performance.now() + 5000; others < 3 && performance.now() < end;)
      await store.get('acme', 'a')

    expect(others).toBeGreaterThanOrEqual(3)
  })

  test('closed while reads wait for their turn, refuses them as such', async () => {
    const store = await openAt(newPath())
    await store.putDefinition('large', 'x'.repeat(2 ** 24))
    const reads = Array.from({ length: 50 }, () => codeOf(store.definition('large')))

    await store.close()

    expect(new Set(await Promise.all(reads))).toEqual(new Set(['null', 'closed']))
  })

  test('several starters make one schema', async () => {
    const path = newPath()
    const stores = await Promise.all(Array.from({ length: 4 }, () => openAt(path)))
    const [first, second] = stores
    await first?.commit([startPlan()])

    expect(await second?.get('acme', 'order-1')).toEqual(startPlan().instance)
  })

  test('a file of a newer version is refused and left alone', async () => {
    const path = newPath()
    await (await openAt(path)).close()
    const db = new DatabaseSync(path)
    db.exec('PRAGMA user_version = 99')

    expect(await codeOf(createSqliteStore({ path }).open())).toBe('unsupported')
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 99 })
    db.close()
  })

  test("another program's database is refused and left alone", async () => {
    const path = newPath()
    const db = new DatabaseSync(path)
    db.exec('CREATE TABLE mine (x)')

    expect(await codeOf(createSqliteStore({ path }).open())).toBe('invalid_config')
    expect(db.prepare('SELECT name FROM sqlite_master').all()).toEqual([{ name: 'mine' }])
    expect(db.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'delete' })
    db.close()
  })

  test('what is no database, or no file, is refused', async () => {
    const path = newPath()
    writeFileSync(path, 'This is a letter, and it is long enough to be one. '.repeat(50))

    expect(await codeOf(createSqliteStore({ path }).open())).toBe('corrupt')
    expect(await codeOf(createSqliteStore({ path: folder }).open())).toBe('unavailable')
    expect(await codeOf(createSqliteStore({ path: ':memory:' }).open())).toBe('invalid_config')
  })

  test.each([
    [folder, 'It is a folder: name a file in it.'],
    [join(folder, 'none', 'loops.db'), 'There is no folder'],
  ])('%s, which cannot be opened, is named with its cure', async (path, hint) => {
    await expect(createSqliteStore({ path }).open()).rejects.toMatchObject({
      code: 'unavailable',
      message: `SQLite cannot open the file ${path}.`,
      hint: expect.stringContaining(hint),
    })
  })

  test('that finds no room is said to be that, with its cure', async () => {
    const path = newPath()
    await (await openAt(path)).close()
    const db = new DatabaseSync(path)
    onTestFinished(() => db.close())
    db.exec('PRAGMA max_page_count = 1')

    const failure = new Promise(() =>
      db.exec("INSERT INTO definition VALUES ('a', hex(zeroblob(500000)))"),
    )

    await expect(failure.catch(translate)).resolves.toMatchObject({
      code: 'unavailable',
      message: 'SQLite found no room on the disk.',
      hint: 'Make some, and repeat it.',
      retryable: true,
    })
  })

  test('that may only be read is said to be that', async () => {
    const path = newPath()
    await (await openAt(path)).close()
    const db = new DatabaseSync(path, { readOnly: true })
    onTestFinished(() => db.close())

    const failure = new Promise(() => db.exec("INSERT INTO definition VALUES ('a', 'b')"))

    await expect(failure.catch(translate)).resolves.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('read-only'),
      retryable: true,
    })
  })

  test('its log, which grows for as long as somebody reads, is cut off when he has ended', async () => {
    const path = newPath()
    const store = await openAt(path)
    const reader = new DatabaseSync(path)
    reader.exec('BEGIN; SELECT * FROM definition')
    const megabyte = 2 ** 20
    let count = 0
    const write = (size: number): Promise<void> =>
      store.putDefinition(`${(count += 1)}`, 'x'.repeat(size))
    for (let each = 0; each < 70; each += 1) await write(megabyte)
    const grown = statSync(`${path}-wal`).size

    reader.close()
    for (let each = 0; each < 2; each += 1) await write(1)

    expect(grown).toBeGreaterThan(70 * megabyte)
    expect(statSync(`${path}-wal`).size).toBeLessThanOrEqual(64 * megabyte)
  })

  test('closing leaves one file, no log and no thread', async () => {
    const path = newPath()
    const store = await openAt(path, { durability: 'process' })
    for (const plan of history(600)) await store.commit([plan])
    await store.close()

    expect(existsSync(path)).toBe(true)
    expect(existsSync(`${path}-wal`)).toBe(false)
    const again = await openAt(path)
    expect((await again.get('acme', 'order-1'))?.version).toBe(601)
  })
})

/** Takes back what the newest steps did, as far as an older version would notice. */
const toVersion4 = `
  ALTER TABLE instance RENAME COLUMN executions TO executed;
  UPDATE instance SET executed = (SELECT json_group_array(json_array(key, value)) FROM json_each(executed));
  DROP INDEX outbox_id;
  CREATE UNIQUE INDEX outbox_id ON outbox (id, tenant);
  DROP INDEX outbox_claimed;
  DROP INDEX outbox_lane;
  ALTER TABLE outbox RENAME COLUMN first_seq TO seq;
  ALTER TABLE outbox DROP COLUMN last_seq;
  CREATE INDEX outbox_lane ON outbox (lane, seq) WHERE died_at IS NULL;
  DROP TABLE waiting;
  ALTER TABLE approval RENAME COLUMN request TO body;
  PRAGMA user_version = 4;`

describe('a file of an older version', () => {
  const claim = { worker: 'w', leaseMs: 1000, limit: 10 }

  /** A run that took a transition, an effect that is dead, another one that is leased, and two events that wait. */
  async function olderFile(): Promise<{ path: string; instance: LoopInstance }> {
    const path = newPath()
    const store = await openAt(path)
    const start = startPlan()
    const effect = outboxItem(start.instance, { id: 'effect', kind: 'effect', lane: 'effects' })
    const event = outboxItem(start.instance, { id: 'event', kind: 'publish', lane: 'events' })
    const timer = outboxItem(start.instance, { id: 'timer', kind: 'timer', lane: 'timer' })
    await store.commit([
      { ...start, outbox: [effect, { ...event, seq: 1 }, { ...event, id: 'event-2', seq: 2 }] },
    ])
    const [dying] = (await store.claim({ ...claim, now: effect.dueAt })).filter(
      ({ id }) => id === 'effect',
    )
    const dead = { kind: 'dead', error: 'broken', at: planEpoch } as const
    await store.settle([{ id: 'effect', fence: dying?.fence ?? 0, outcome: dead }])
    const approvals = [approvalRequest(start.instance)]
    const next = nextPlan(start.instance, [{ transitionId: 'go' }], { outbox: [timer], approvals })
    await store.commit([next])
    await store.close()
    const db = new DatabaseSync(path)
    db.exec(toVersion4)
    db.close()
    return { path, instance: next.instance }
  }

  test('keeps what it knows', async () => {
    const { path, instance } = await olderFile()
    const store = await openAt(path)

    expect(await store.get('acme', 'order-1')).toEqual(instance)
    expect(await store.lastExecuted('acme', instance.runId, 'go')).toMatchObject({ seq: 2 })
    const claimed = await store.claim({ ...claim, now: planEpoch + 3_600_000 })
    expect(claimed.map(({ id }) => id).toSorted()).toEqual(['event', 'timer'])
    expect(await store.deadLetters({ tenant: 'acme' })).toMatchObject({ items: [{ id: 'effect' }] })
    const waiting = await store.approvals({ tenant: 'acme', reviewers: ['*'] })
    expect(waiting.items).toEqual([approvalRequest(startPlan().instance)])
    const later = nextPlan(instance, [{ transitionId: 'go' }])
    await store.commit([later])
    expect(await store.lastExecuted('acme', instance.runId, 'go')).toMatchObject({ seq: 3 })
  })

  test('is not upgraded by who only looks', async () => {
    const { path } = await olderFile()

    const error: unknown = await createSqliteStore({ path, mustExist: true })
      .open()
      .catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code: 'unsupported', details: { version: 4, known: 7 } })
    const db = new DatabaseSync(path)
    expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 4 })
    db.close()
  })

  test('takes nothing from a process that still runs the older version', async () => {
    const { path } = await olderFile()
    const older = new DatabaseSync(path)
    onTestFinished(() => older.close())
    const write = older.prepare("UPDATE instance SET executed = '[]'")
    const claimDue = older.prepare('SELECT id, seq FROM outbox')
    const decide = older.prepare('UPDATE approval SET body = body')
    await openAt(path)

    expect(() => write.run()).toThrow('no such column: executed')
    expect(() => claimDue.all()).toThrow('no such column: seq')
    expect(() => decide.run()).toThrow('no such column: body')
  })
})

describe('the path', () => {
  test('that has to lead to a file is not made one', async () => {
    const path = newPath()

    await expect(createSqliteStore({ path, mustExist: true }).open()).rejects.toMatchObject({
      code: 'not_found',
      hint: expect.stringContaining('Check the path.'),
    })
    expect(existsSync(path)).toBe(false)
  })

  test('of an empty file is left empty where a store has to be there', async () => {
    const path = newPath()
    writeFileSync(path, '')

    expect(await codeOf(createSqliteStore({ path, mustExist: true }).open())).toBe('not_found')
    expect(readFileSync(path, 'utf8')).toBe('')
  })

  test('of the recipe leads to the open file, wherever the process goes', async () => {
    const path = newPath()
    const store = await openAt(relative(process.cwd(), path))

    expect(store.recipe?.options).toMatchObject({ path: realpathSync(path), mustExist: true })
  })
})

describe('a file that is no longer where it was', () => {
  const tampering: [string, (path: string) => void][] = [
    ['deleted', (path) => rmSync(path)],
    ['replaced by a copy', (path) => renameSync(copyOf(path), path)],
    ['not to be looked at any more', (path) => (rmSync(path), symlinkSync(path, path))],
  ]
  const copyOf = (path: string): string => {
    copyFileSync(path, `${path}.copy`)
    return `${path}.copy`
  }

  test.each(tampering)('takes no more commits: %s', async (_, tamper) => {
    const path = newPath()
    const store = await openAt(path)
    const [start, next] = history(1)
    await store.commit(start ? [start] : [])
    tamper(path)

    const error: unknown = await store.commit(next ? [next] : []).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({
      code: 'unavailable',
      details: { path: store.recipe?.options['path'] },
    })
  })

  test('takes them again once it is back', async () => {
    const path = newPath()
    const store = await openAt(path)
    renameSync(path, `${path}.away`)
    expect(await codeOf(store.commit(history(0)))).toBe('unavailable')
    renameSync(`${path}.away`, path)

    expect(await store.commit(history(0))).toEqual([{ kind: 'committed' }])
  })
})

describe('other writers', () => {
  test('a lock that stays makes commits unavailable, and reads go on', async () => {
    const path = newPath()
    const store = await openAt(path, { busyTimeoutMs: 60 })
    const [start, next] = history(1)
    await store.commit(start ? [start] : [])
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')

    const blocked = store.commit(next ? [next] : []).catch((thrown: unknown) => thrown)
    expect(await store.get('acme', 'order-1')).toEqual(start?.instance)
    const error: unknown = await blocked
    expect(isLoopError(error) && [error.code, error.retryable]).toEqual(['unavailable', true])

    other.exec('COMMIT')
    other.close()
    expect(await store.commit(next ? [next] : [])).toEqual([{ kind: 'committed' }])
  })

  test('a lock that goes away in time only delays', async () => {
    const path = newPath()
    const store = await openAt(path)
    const other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    const waiting = store.commit([startPlan()])
    setImmediate(() => other.exec('COMMIT'))

    expect(await waiting).toEqual([{ kind: 'committed' }])
    other.close()
  })
})

describe('what is not indexed at once', () => {
  test("a tenant's entries are found behind many of another", async () => {
    const store = await openAt(newPath())
    const first = startPlan()
    const theirs = startPlan({ tenant: 'other' })
    await store.commit([
      first,
      theirs,
      nextPlan(
        theirs.instance,
        Array.from({ length: 10_001 }, () => ({})),
      ),
    ])
    const head = { size: 1, root: 'r', frontier: [], note: null }
    const leaf = { index: 0, runId: first.instance.runId, seq: 1, leafHash: 'h' }
    await store.appendLog('acme', { expectedSize: 0, leaves: [leaf], head })
    expect(await store.unlogged('acme', 10)).toEqual([])
    expect(await store.unlogged('third', 10)).toEqual([])

    const next = nextPlan(first.instance)
    const third = startPlan({ tenant: 'third' })
    await store.commit([next, third])
    expect(await store.unlogged('acme', 10)).toEqual(next.entries)
    expect(await store.unlogged('third', 10)).toEqual(third.entries)
    expect(await store.logHead('acme')).toEqual(head)
  })

  test('no statement looks through all that others committed', async () => {
    const path = newPath()
    const store = await openAt(path)
    const theirs = startPlan({ tenant: 'other' })
    const many = Array.from({ length: 10_000 }, () => ({}))
    await store.commit([theirs, nextPlan(theirs.instance, many), startPlan()])
    const connection = connect({
      path,
      durability: 'process',
      busyTimeoutMs: 0,
      mustExist: true,
    })
    onTestFinished(() => connection.close())
    const log = createLog(connection)

    const [first, second] = [log.look('acme', 10), log.look('acme', 10, 10_000)]

    expect(first).toEqual({ entries: [], through: 10_000, isEnd: false })
    expect(second).toMatchObject({ entries: [{ seq: 1 }], through: 10_002, isEnd: true })
  })
})

test('commits do not wait until all that is old was forgotten', async () => {
  const path = newPath()
  const store = await openAt(path)
  const other = new DatabaseSync(path)
  other.exec(`
    WITH RECURSIVE key (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM key WHERE number < 5000)
    INSERT INTO idempotency SELECT 'acme', 'human:ann', number, 'f', 'answer', number FROM key`)
  other.close()
  const order: string[] = []

  const [pruned] = await Promise.all([
    store.prune(planEpoch).finally(() => order.push('forgotten')),
    store.commit([startPlan()]).finally(() => order.push('committed')),
  ])

  expect(pruned).toBe(5000)
  expect(order).toEqual(['committed', 'forgotten'])
})

test('text that is refused upstream does no harm here', async () => {
  const store = await openAt(newPath())
  const names = ['a', 'a\u0000', 'a\u0000b', '\uD800', '\uDFFF\uD800']
  for (const name of names) {
    const { instance, ...plan } = startPlan()
    const results = await store.commit([
      {
        ...plan,
        entries: [],
        instance: { ...instance, version: 0, aggregateId: name, runId: name },
      },
    ])
    expect(results).toEqual([{ kind: 'committed' }])
  }

  // Node 22 reads a text only up to U+0000; the keys are told apart all the same.
  expect(
    await Promise.all(names.map(async (name) => (await store.get('acme', name)) !== null)),
  ).toEqual(names.map(() => true))
  expect((await store.get('acme', 'a'))?.runId).toBe('a')
  expect(await store.get('acme', 'a\u0000c')).toBeNull()
  for (const cursor of names) {
    expect(await codeOf(store.find({ tenant: 'acme', cursor }))).toBe('invalid_input')
  }
})

test.each([
  ['no options', undefined, ''],
  ['another name for the path', { file: 'loops.db' }, '/file'],
  ['no path', {}, '/path'],
  ['a misspelt switch', { path: 'loops.db', mustexist: true }, '/mustexist'],
  ['an unknown durability', { path: 'loops.db', durability: 'Power' }, '/durability'],
  ['text for milliseconds', { path: 'loops.db', busyTimeoutMs: '5s' }, '/busyTimeoutMs'],
])('%s is refused before there is a file', (_, given, path) => {
  const options = given as unknown as Parameters<typeof createSqliteStore>[0]
  const refused = expect.objectContaining({ code: 'invalid_config', path })
  expect(() => createSqliteStore(options)).toThrow(refused)
})
