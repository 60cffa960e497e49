import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { isLoopError, LoopError } from '@loop-engine/core'

const schema = `
  CREATE TABLE IF NOT EXISTS api_key (
    id TEXT PRIMARY KEY, tenant TEXT NOT NULL, digest TEXT NOT NULL,
    previous TEXT, previous_until INTEGER, expires_at INTEGER, revoked_at INTEGER, used_at INTEGER,
    created_at INTEGER NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX IF NOT EXISTS api_key_of ON api_key (tenant, created_at, id);
  CREATE TABLE IF NOT EXISTS session (
    digest TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, principal TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS login (
    digest TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, principal TEXT NOT NULL) STRICT;
  PRAGMA user_version = 1;`

/** Opens the server's own database: digests of keys, sessions and login links, never the secrets. */
export function openDatabase(path: string): DatabaseSync {
  try {
    if (path !== ':memory:') createPrivate(path)
    const database = new DatabaseSync(path)
    // No write-ahead log: SQLite does not wait for a lock to switch to one, so if two processes open a new file at the same
    // time, one would fail.
    database.exec('PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL')
    const version = database.prepare('PRAGMA user_version').get()?.['user_version']
    if (version !== 0 && version !== 1)
      throw new LoopError(
        'unsupported',
        `The file ${path} was not made by this version of the server.`,
        {
          hint: 'Name the file in which the server keeps its keys; it is not the database of the runs.',
        },
      )
    database.exec(schema)
    return database
  } catch (cause) {
    if (isLoopError(cause)) throw cause
    throw new LoopError('unavailable', `The server's database at ${path} cannot be opened.`, {
      hint: 'Name a file that this user may write, and that a server made or that does not exist yet.',
      cause,
    })
  }
}

/** Makes the file readable for this user only. SQLite gives the files beside it the same mode. */
function createPrivate(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  closeSync(openSync(path, 'a', 0o600))
}
