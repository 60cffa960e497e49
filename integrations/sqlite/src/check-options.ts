import { LoopError, refuseStrayKeys, type KnownKeys } from '@loop-engine/core'

import type { SqliteStoreOptions } from './sqlite.ts'

const optionKeys: KnownKeys<SqliteStoreOptions> = {
  path: true,
  mustExist: true,
  durability: true,
  busyTimeoutMs: true,
}

/** Refuses misspelt options: with the default in its place the store might use a new file, or be less durable. */
export function checkOptions(options: SqliteStoreOptions): void {
  refuseStrayKeys(options, optionKeys, { what: 'createSqliteStore', code: 'invalid_config' })
  const { path, durability = 'power', busyTimeoutMs = 0, mustExist = false } = options
  if (typeof path !== 'string' || path === '') throw wrong('path', 'Name a file.')
  if (durability !== 'power' && durability !== 'process')
    throw wrong('durability', 'Write power or process.')
  if (!Number.isSafeInteger(busyTimeoutMs) || busyTimeoutMs < 0)
    throw wrong('busyTimeoutMs', 'Give milliseconds.')
  if (typeof mustExist !== 'boolean') throw wrong('mustExist', 'Write true or false.')
}

function wrong(key: keyof SqliteStoreOptions, hint: string): LoopError {
  return new LoopError('invalid_config', 'An option of a SQLite store cannot be read.', {
    path: `/${key}`,
    hint,
    plugin: 'sqlite',
  })
}
