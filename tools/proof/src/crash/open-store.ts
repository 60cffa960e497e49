import type { LoopStore } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createSqliteStore } from '@loop-engine/integration-sqlite'

/** Creates the store at a place: a path for SQLite, or a PostgreSQL address with its schema in the fragment. */
export function openStore(place: string): LoopStore {
  if (!place.startsWith('postgres'))
    return createSqliteStore({ path: place, busyTimeoutMs: 20_000 })
  const [connectionString = '', schema = 'crash'] = place.split('#')
  return createPostgresStore({ connectionString, schema })
}
