import { LoopError, refuseStrayKeys, type KnownKeys } from '@loop-engine/core'

import type { PostgresStoreOptions } from './postgres.ts'

type Key = keyof PostgresStoreOptions

const optionKeys: KnownKeys<PostgresStoreOptions> = {
  pool: true,
  connectionString: true,
  listen: true,
  schema: true,
  mustExist: true,
  maxConnections: true,
  maxBatch: true,
  allowAsyncCommit: true,
  rowLevelSecurity: true,
  maxReconnects: true,
  clock: true,
}
const switches = ['mustExist', 'allowAsyncCommit', 'rowLevelSecurity'] as const
const counts = { maxConnections: 1, maxBatch: 1, maxReconnects: 0 } as const

/** Refuses misspelt options: the default in its place might be another database, or rows that every session sees. */
export function checkOptions(options: PostgresStoreOptions): void {
  refuseStrayKeys(options, optionKeys, { what: 'createPostgresStore', code: 'invalid_config' })
  const connectionString = options.connectionString ?? ''
  if (typeof connectionString !== 'string') throw wrong('connectionString', 'Write a URL.')
  if (options.pool === undefined && connectionString === '')
    throw new LoopError('invalid_config', 'A postgres store does not know its database.', {
      path: '/connectionString',
      hint: 'Give `connectionString`, or a `pool`.',
      plugin: 'postgres',
    })
  const { pool, listen, clock } = options
  if (pool !== undefined && typeof pool.connect !== 'function') throw wrong('pool', 'Give a pool.')
  if (typeof (listen ?? '') !== 'string' && listen !== false)
    throw wrong('listen', 'Write a URL, or false.')
  if (clock !== undefined && typeof clock.sleep !== 'function')
    throw wrong('clock', 'Give a clock.')
  // The text `false`, as from an environment variable, would count as true.
  for (const key of switches)
    if (typeof (options[key] ?? false) !== 'boolean') throw wrong(key, 'Write true or false.')
  for (const [key, least] of Object.entries(counts) as [keyof typeof counts, number][]) {
    const count = options[key] ?? least
    // Infinity is a count too; a fraction is none.
    if (typeof count !== 'number' || Math.trunc(count) !== count || count < least)
      throw wrong(key, `Give a whole number, ${least} or more.`)
  }
  // The schema stands in every statement without quotes.
  if (options.schema !== undefined && !/^[a-z_][a-z0-9_]{0,39}$/.test(options.schema))
    throw wrong('schema', 'Use at most 40 lower-case letters, digits and underscores.')
}

function wrong(key: Key, hint: string): LoopError {
  return new LoopError('invalid_config', 'An option of a postgres store cannot be read.', {
    path: `/${key}`,
    hint,
    plugin: 'postgres',
  })
}
