import type { Database } from './database.ts'

/**
 * Resolves when everything that was committed so far is where the server promises it to be. A commit whose session was
 * ended while it waited for its standby is visible, but the standby may not have it: before it is acknowledged after
 * all, a commit that comes later has to get there.
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
