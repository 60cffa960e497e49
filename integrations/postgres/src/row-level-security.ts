import { LoopError } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'

/** The setting of the store's connections, with which the policies let the owner of the tables through. */
export const engineOptions = '-c loop_engine.tenant=*'

interface Standing {
  /** Null where there are no tables yet. */
  readonly secured: boolean | null
  readonly tenant: string | null
  readonly bypasses: boolean
}

/**
 * Refuses a session from which row-level security would hide all rows and, if it is wanted, a role that it does not bind.
 * Called before tables are made, because the right role could not use tables of the wrong one.
 */
export async function checkRole(
  database: Database,
  schema: string,
  wanted: boolean,
): Promise<void> {
  const standing = statementsOf(schema)(
    'standing_v11',
    `SELECT c.relrowsecurity AS secured, current_setting('loop_engine.tenant', true) AS tenant,
      r.rolsuper OR r.rolbypassrls AS bypasses
    FROM pg_roles r LEFT JOIN pg_class c ON c.oid = to_regclass('${schema}.instance') WHERE r.rolname = current_user`,
  )
  const [now] = await database.read<Standing>(standing, [])
  const isEngine = now?.tenant === '*' || (now?.bypasses === true && !wanted)
  if ((wanted || now?.secured) && !isEngine) {
    throw refusal('The postgres session is not the engine, and would find no rows.', {
      hint: wanted
        ? "A pool, a pooler or `options` in the address goes first: ALTER ROLE … SET loop_engine.tenant = '*'."
        : "Pass rowLevelSecurity, or ALTER ROLE … SET loop_engine.tenant = '*' for a pool or a pooler of yours.",
    })
  }
  if (wanted && now?.bypasses) {
    throw refusal('The role of the postgres store bypasses row-level security.', {
      hint: 'Use a role without SUPERUSER and BYPASSRLS.',
    })
  }
}

/** Turns row-level security on. */
export async function secure(database: Database, schema: string): Promise<void> {
  const statement = statementsOf(schema)('secure_v3', `SELECT ${schema}.secure_v3()`)
  await database.write(statement, [])
}

function refusal(message: string, { hint }: { readonly hint: string }): LoopError {
  return new LoopError('invalid_config', message, { plugin: 'postgres', hint })
}
