import type { Database } from './database.ts'

/**
 * Resolves when the standby has everything that was committed so far. A commit whose session ended while it waited for the
 * standby is visible, but may not have arrived there. So before such a commit is acknowledged, a later commit must arrive.
 */
export async function untilReplicated(database: Database): Promise<void> {
  await database.write(
    {
      name: 'loop_engine.replicated_v2',
      text: `SELECT CASE WHEN current_setting('synchronous_standby_names') <> ''
        THEN pg_catalog.pg_logical_emit_message(true, 'loop_engine', '') END`,
    },
    [],
  )
}
