import type { DatabaseSync } from 'node:sqlite'

import { LoopError } from '@loop-engine/core'

import { steps } from './schema-steps.ts'

/** "Loop", as a number in the header of the file, which tells our files from those of other programs. */
const applicationId = 0x4c6f6f70

/** Brings the file up to date. Safe with several starters: the version is read again inside the transaction of the steps. */
export function migrate(db: DatabaseSync): void {
  if (checkVersion(db) === steps.length) return
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const step of steps.slice(checkVersion(db))) db.exec(step)
    db.exec(
      `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`,
    )
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** Refuses a file that `migrate` would make or upgrade, for programs that only read an existing one. */
export function requireVersion(db: DatabaseSync): void {
  const version = checkVersion(db)
  if (version === steps.length) return
  if (version === 0) {
    throw new LoopError('not_found', 'The SQLite file holds no Loop Engine tables.', {
      hint: 'Check which file this is. The first start of an application makes them, and so does `loop migrate`.',
    })
  }
  const message = `The SQLite file is of version ${version}, this program needs ${steps.length}.`
  throw new LoopError('unsupported', message, {
    hint: 'The start of an application of this version upgrades it, and so does `loop migrate`; or use the older program.',
    details: { version, known: steps.length },
  })
}

/** How many steps the file has seen. Refuses what this version cannot read. */
export function checkVersion(db: DatabaseSync): number {
  // In this order, tables that another starter commits meanwhile are never seen without the mark of our files.
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_master').get() === undefined
  const isOurs = readPragma(db, 'application_id') === applicationId
  const version = readPragma(db, 'user_version')
  if (version > steps.length) {
    throw new LoopError('unsupported', 'The SQLite file was written by a newer Loop Engine.', {
      hint: 'Use that version, or restore a file from before the upgrade.',
      details: { version, known: steps.length },
    })
  }
  if (isOurs || isEmpty) return version
  throw new LoopError('invalid_config', 'The SQLite file belongs to another program.', {
    hint: 'Give the store a path of its own.',
  })
}

function readPragma(db: DatabaseSync, name: 'user_version' | 'application_id'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0)
}
