import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { startPostgres, type PostgresServer } from '@loop-engine/testing'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { createTestWorkshop } from './workshop.fixture.ts'

const { folder, loop, remove } = createTestWorkshop()
afterAll(remove)

const looking = [
  ['list'],
  ['show', 'x'],
  ['timeline', 'x'],
  ['inbox'],
  ['verify'],
  ['export'],
  ['stops'],
  ['dead-letters'],
  ['retain', '--before', '2026-01-01', '--dry-run'],
]

describe('PostgreSQL', () => {
  let server: PostgresServer
  let pool: pg.Pool
  beforeAll(async () => {
    // The command has no option for the schema, so the test needs a server that does not have the schema.
    server = await startPostgres({ private: true })
    pool = new pg.Pool({ connectionString: server.url })
    // A server that stops sends an error to connections that are about to end, when nobody listens to them any more.
    pool.on('connect', (client) => client.on('error', () => undefined))
    pool.on('error', () => undefined)
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })
  const schemas = async (): Promise<number | null> =>
    (await pool.query("SELECT FROM pg_namespace WHERE nspname = 'loop_engine'")).rowCount

  test('commands that look make no tables in an empty database; after migrate they open it', async () => {
    const answers = await Promise.all(
      looking.map((args) => loop('--postgres', server.url, ...args)),
    )

    const refused = {
      code: 4,
      err: expect.stringMatching(/holds no Loop Engine tables[^]*`loop migrate`/),
    }
    expect(answers).toMatchObject(looking.map(() => refused))
    expect(await schemas()).toBe(0)

    expect(await loop('migrate', '--postgres', server.url)).toMatchObject({ code: 0 })

    expect(await schemas()).toBe(1)
    expect(await loop('list', '--postgres', server.url)).toMatchObject({ out: 'No runs.\n' })
  })
})

describe('SQLite', () => {
  test('an empty file is left empty', async () => {
    const file = join(folder, 'empty.db')
    writeFileSync(file, '')

    const { code, err } = await loop('--db', file, 'list')

    expect(code).toBe(4)
    expect(err).toContain('holds no Loop Engine tables')
    expect(readFileSync(file, 'utf8')).toBe('')
  })

  test('migrate makes the file and its folder', async () => {
    const file = join(folder, 'new', 'loop.db')

    expect(await loop('migrate', '--db', file, '--json')).toMatchObject({ code: 0 })

    expect(await loop('list', '--db', file)).toMatchObject({ out: 'No runs.\n' })
  })

  test.each([['list'], ['serve', '--port', '0'], ['migrate']])(
    '%s says what is at a path that is no database',
    async (...args) => {
      const letter = join(folder, 'letter.txt')
      writeFileSync(letter, 'This is a letter, and it is long enough to be one. '.repeat(50))

      const isLetter = await loop('--db', letter, ...args)
      // `serve` keeps its keys beside a database.
      const isFolder = await loop('--db', mkdtempSync(join(folder, 'folder-')), ...args)

      expect(isLetter.err).toMatch(/^error The file \S+letter.txt is no SQLite database/)
      expect(isFolder.err).toMatch(/^error SQLite cannot open the file [^]*hint It is a folder/)
      expect([isLetter.code, isFolder.code]).toEqual([5, 1])
    },
  )

  test('a folder that cannot be made is named', async () => {
    writeFileSync(join(folder, 'file'), '')

    const { code, err } = await loop('migrate', '--db', join(folder, 'file', 'loop.db'))

    expect(code).toBe(1)
    expect(err).toMatch(/The folder \S+file cannot be made[^]*hint/)
  })
})

test.each([
  [['list'], 4],
  [['revoke', 'lk_x'], 4],
])('keys %j does not make a missing file', async (args, code) => {
  const file = join(folder, 'keys', 'server.db')

  expect(await loop('keys', ...args, '--access', file)).toMatchObject({
    code,
    err: expect.stringContaining('There are no keys at'),
  })
  expect(existsSync(file)).toBe(false)
})
