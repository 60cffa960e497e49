import { LoopError } from '@loop-engine/core'

import type { Database } from './database.ts'

/** Refuses a server that would keep less than the store declares. */
export async function checkServer(database: Database, allowAsyncCommit: boolean): Promise<void> {
  const [row] = await database.read<Record<string, string>>(
    {
      name: 'loop_engine.settings',
      text: `SELECT current_setting('server_encoding') AS encoding,
        current_setting('default_transaction_isolation') AS isolation,
        current_setting('standard_conforming_strings') AS strings,
        current_setting('synchronous_commit') AS synchronous, current_setting('fsync') AS fsync`,
    },
    [],
  )
  const refuse = (what: string, hint: string): never => {
    throw new LoopError('invalid_config', `The postgres session has ${what}.`, {
      plugin: 'postgres',
      hint,
    })
  }
  if (row?.encoding !== 'UTF8')
    refuse('an encoding that is not UTF8', 'Create the database with UTF8.')
  if (row?.isolation !== 'read committed') {
    refuse('another isolation than read committed', 'Set default_transaction_isolation back.')
  }
  // A backslash in our statements and functions is one.
  if (row?.strings !== 'on')
    refuse('standard_conforming_strings off', 'Turn it on for the role of the store.')
  if (allowAsyncCommit) return
  if (row?.synchronous === 'off' || row?.fsync === 'off') {
    refuse('synchronous_commit or fsync off', 'Turn it on, or pass allowAsyncCommit.')
  }
}
