import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { isLoopError } from '@loop-engine/core'
import { expect, onTestFinished, test } from 'vitest'

import { connect, type Connection } from '../connection/connection.ts'
import { createWriter, type Writer } from './writer.ts'

/** A connection that does nothing, but counts statements and fails where it is told to. */
function fakeConnection(
  fail: Readonly<Record<string, number>> = {},
): Connection & { readonly ran: string[] } {
  const ran: string[] = []
  const step = (sql: string): number => {
    ran.push(sql)
    const errcode = fail[sql]
    if (errcode !== undefined) throw Object.assign(new Error('disk'), { errcode })
    return 1
  }
  return {
    ran,
    path: 'somewhere.db',
    prepare: (sql) => ({ get: () => undefined, all: () => [], run: () => step(sql) }),
    checkPlace() {},
    isInTransaction: () => true,
    close() {},
  }
}

function writerOf(connection: Connection): Writer {
  return createWriter({ connection, busyTimeoutMs: 0, afterCommit() {} })
}

function openFile(): Connection {
  const folder = mkdtempSync(join(tmpdir(), 'loop-sqlite-'))
  const connection = connect({
    path: join(folder, 'a.db'),
    durability: 'power',
    busyTimeoutMs: 0,
    mustExist: false,
  })
  onTestFinished(() => {
    connection.close()
    rmSync(folder, { recursive: true })
  })
  return connection
}

async function codeOf(answer: Promise<unknown>): Promise<unknown> {
  return answer.catch((error: unknown) => (isLoopError(error) ? error.code : error))
}

test('callers at the same time share one transaction', async () => {
  const connection = fakeConnection()
  const writer = writerOf(connection)

  const results = await Promise.all(
    Array.from({ length: 64 }, (_, index) => writer.write(() => index)),
  )

  expect(results).toEqual(Array.from({ length: 64 }, (_, index) => index))
  expect(connection.ran.filter((sql) => sql === 'BEGIN IMMEDIATE')).toHaveLength(1)
  expect(connection.ran).toEqual(['BEGIN IMMEDIATE', 'COMMIT'])
})

test('once work throws, all of its transaction run again with a savepoint each', async () => {
  const connection = fakeConnection()
  const writer = writerOf(connection)
  const answers = [
    writer.write(() => 1),
    writer.write(() => {
      throw new Error('no')
    }),
  ]

  expect(await Promise.all(answers.map(codeOf))).toEqual([1, 'invalid_input'])
  const [first, again] = [
    ['BEGIN IMMEDIATE', 'ROLLBACK'],
    ['BEGIN IMMEDIATE', 'SAVEPOINT job', 'RELEASE job'],
  ]
  const undone = ['SAVEPOINT job', 'ROLLBACK TO job', 'RELEASE job', 'COMMIT']
  expect(connection.ran).toEqual([...first, ...again, ...undone])
})

test.each([
  ['an I/O error', 1034, 'unknown_outcome'],
  ['a full disk', 13, 'unavailable'],
  ['a busy file', 5, 'unavailable'],
])('%s of COMMIT is for all that shared it', async (_name, errcode, code) => {
  const connection = fakeConnection({ COMMIT: errcode })
  const writer = writerOf(connection)
  const answers = [writer.write(() => 1), writer.write(() => 2)]

  const failure = { code, retryable: true }
  await expect(Promise.allSettled(answers)).resolves.toMatchObject([
    { reason: failure },
    { reason: failure },
  ])
  expect(connection.ran.at(-1)).toBe('ROLLBACK')
})

test('an error before COMMIT means that nothing was done', async () => {
  const writer = writerOf(fakeConnection({ 'BEGIN IMMEDIATE': 10 }))
  expect(await codeOf(writer.write(() => 1))).toBe('unavailable')
})

test('work that throws undoes its own changes only', async () => {
  const connection = openFile()
  const writer = writerOf(connection)
  const define = connection.prepare('INSERT INTO definition (digest, text) VALUES (?, ?)')
  const answers = [
    writer.write(() => define.run('first', 'x')),
    writer.write(() => {
      define.run('undone', 'x')
      define.run('first', 'twice')
    }),
    writer.write(() => define.run('last', 'x')),
  ]

  expect(await Promise.all(answers.map(codeOf))).toEqual([1, 'invalid_input', 1])
  expect(connection.prepare('SELECT digest FROM definition ORDER BY digest').all()).toEqual([
    ['first'],
    ['last'],
  ])
})

test('a full disk undoes everything, and the next write finds room', async () => {
  const connection = openFile()
  const writer = writerOf(connection)
  const define = connection.prepare('INSERT INTO definition (digest, text) VALUES (?, ?)')
  const count = connection.prepare<[number]>('SELECT count(*) FROM definition')
  const [pages = 0] = connection.prepare<[number]>('PRAGMA page_count').get() ?? []
  connection.prepare(`PRAGMA max_page_count = ${pages + 2}`).get()

  const answers = [
    writer.write(() => define.run('small', 'x')),
    writer.write(() => define.run('big', 'x'.repeat(100_000))),
    writer.write(() => define.run('late', 'x')),
  ]
  const codes = await Promise.all(answers.map(codeOf))
  // SQLite may undo the one statement or the whole transaction; whoever was answered is there.
  expect(codes[1]).toBe('unavailable')
  expect(count.get()).toEqual([codes.filter((code) => code === 1).length])

  connection.prepare('PRAGMA max_page_count = 1000000').get()
  expect(await codeOf(writer.write(() => define.run('big', 'x'.repeat(100_000))))).toBe(1)
})
