import { existsSync, statSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

import { LoopError } from '@loop-engine/core'

import { checkVersion, migrate, requireVersion } from '../migrations/migrate.ts'

export type Value = string | number | null

/**
 * A prepared statement whose rows are tuples, so that no object is built for a row. Write a bound limit as `LIMIT +?`:
 * SQLite plans a statement with `LIMIT ?` anew each time it runs, which costs more than finding a row.
 */
export interface Statement<Row extends readonly unknown[] = []> {
  get(...values: readonly Value[]): Row | undefined
  all(...values: readonly Value[]): Row[]
  /** Returns how many rows changed. */
  run(...values: readonly Value[]): number
}

export interface Connection {
  /** The absolute path of the file. */
  readonly path: string
  prepare<Row extends readonly unknown[]>(sql: string): Statement<Row>
  /** Throws once the path names another file than the one that was opened: no other process would find what is written. */
  checkPlace(): void
  /** Whether a transaction is open; SQLite itself rolls back after some errors. */
  isInTransaction(): boolean
  close(): void
}

export interface ConnectionOptions {
  readonly path: string
  readonly durability: 'power' | 'process'
  readonly busyTimeoutMs: number
  readonly mustExist: boolean
}

/** A log that grew larger during a long read is cut to 64 MiB when it begins anew. */
const largestLog = 64 * 2 ** 20

/** How long one statement may block this thread while another process writes. */
const patienceMs = 50

export function connect({
  path,
  durability,
  busyTimeoutMs,
  mustExist,
}: ConnectionOptions): Connection {
  if (mustExist && !existsSync(path))
    throw new LoopError('not_found', 'There is no such SQLite file.', {
      plugin: 'sqlite',
      hint: 'Check the path. The first start of an application makes it, and so does `loop migrate`.',
      details: { path },
    })
  const db = new DatabaseSync(path)
  try {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    // Checked first, so that a file of another program stays as it is, with its journal.
    if (mustExist) requireVersion(db)
    else checkVersion(db)
    migrate(useWal(db))
    db.exec(`
      PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'};
      PRAGMA fullfsync = ${durability === 'power' ? 1 : 0};
      PRAGMA secure_delete = ON;
      PRAGMA journal_size_limit = ${largestLog};
      PRAGMA cache_size = -16000;
      PRAGMA trusted_schema = OFF;
      PRAGMA busy_timeout = ${Math.min(busyTimeoutMs, patienceMs)};
    `)
  } catch (error) {
    db.close()
    throw error
  }
  const location = db.location() ?? path
  const opened = identityOf(location)
  return {
    path: location,
    checkPlace() {
      if (identityOf(location) !== opened) throw movedAway(location)
    },
    prepare: (sql) => tuples(db, sql),
    isInTransaction: () => db.isTransaction,
    close: () => db.close(),
  }
}

function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path)
    return `${dev}:${ino}`
  } catch {
    return null // gone, or out of reach: its folder may not be entered any more
  }
}

function movedAway(path: string): LoopError {
  const message = `The SQLite file ${path} was moved, replaced, deleted or locked away while it was open.`
  return new LoopError('unavailable', message, {
    plugin: 'sqlite',
    retryable: true,
    hint: 'Put it back; or stop every process that uses it, and start them with the file that is to count.',
    details: { path },
  })
}

function useWal(db: DatabaseSync): DatabaseSync {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
  if (mode === 'wal') return db
  throw new LoopError('invalid_config', 'SQLite cannot keep a write-ahead log beside this file.', {
    hint: 'Give the store a path on a local disk.',
  })
}

/** Prepares a statement when it is first used, because most programs use only a few. */
function tuples<Row extends readonly unknown[]>(db: DatabaseSync, sql: string): Statement<Row> {
  let prepared: StatementSync | undefined
  const statement = (): StatementSync => {
    if (prepared) return prepared
    prepared = db.prepare(sql)
    prepared.setReturnArrays(true)
    return prepared
  }
  return {
    // The types of node:sqlite do not know that rows are arrays now; the schema gives their columns.
    get: (...values) => statement().get(...values) as unknown as Row | undefined,
    all: (...values) => statement().all(...values) as unknown as Row[],
    run: (...values) => statement().run(...values).changes as number,
  }
}
