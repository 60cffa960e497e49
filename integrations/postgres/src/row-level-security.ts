import { LoopError } from '@loop-engine/core'

import { statementsOf, type Database } from './connection/database.ts'

/** What connections of the store say at their start; the policies let the owner of the tables through with it. */
export const engineOptions = '-c loop_engine.tenant=*'

interface Standing {
  readonly secured: boolean
  readonly tenant: string | null
  readonly bypasses: boolean
}

/**
 * Turns row-level security on when it is wanted. Refuses a session that would be blind behind it, which finds nothing
 * where there are runs, and a role that it does not bind.
 */
export async function secure(database: Database, schema: string, wanted: boolean): Promise<void> {
  const statement = statementsOf(schema)
  const standing = statement(
    'security_v3',
    `SELECT c.relrowsecurity AS secured, current_setting('loop_engine.tenant', true) AS tenant,
      r.rolsuper OR r.rolbypassrls AS bypasses
    FROM pg_class c, pg_roles r WHERE c.oid = '${schema}.instance'::regclass AND r.rolname = current_user`,
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
  if (!wanted) return
  if (now?.bypasses) {
    throw refusal('The role of the postgres store bypasses row-level security.', {
      hint: 'Use a role without SUPERUSER and BYPASSRLS.',
    })
  }
  await database.write(statement('secure_v3', `SELECT ${schema}.secure_v3()`), [])
}

function refusal(message: string, { hint }: { readonly hint: string }): LoopError {
  return new LoopError('invalid_config', message, { plugin: 'postgres', hint })
}
