import { LoopError } from '@loop-engine/core'

import type { Database, Session } from '../connection/database.ts'
import { blockedItemsV7 } from './blocked-items-v7.ts'
import { claimOrderV14 } from './claim-order-v14.ts'
import { claimPlansV9 } from './claim-plans-v9.ts'
import { counterExpiryV7 } from './counter-expiry-v7.ts'
import { plainFunctionsV3 } from './functions-plain-v3.ts'
import { functionsV1 } from './functions-v1.ts'
import { functionsV3 } from './functions-v3.ts'
import { listIndexesV10 } from './list-indexes-v10.ts'
import { lookupsV5 } from './lookups-v5.ts'
import { messagesV4 } from './messages-v4.ts'
import { partitionFunctionsV3 } from './partition-functions-v3.ts'
import { partitionLocksV13 } from './partition-locks-v13.ts'
import { retentionFunctionsV3 } from './retention-functions-v3.ts'
import { retentionOutboxV11 } from './retention-outbox-v11.ts'
import { retentionPlansV16 } from './retention-plans-v16.ts'
import { rowLevelSecurityFunctionsV3 } from './row-level-security-functions-v3.ts'
import { schemaV1 } from './schema-v1.ts'
import { schemaV3 } from './schema-v3.ts'
import { searchPathV6 } from './search-path-v6.ts'
import { statisticsV8 } from './statistics-v8.ts'
import { statusIndexV7 } from './status-index-v7.ts'
import { stopGateV4 } from './stop-gate-v4.ts'
import { waitingOrderV15 } from './waiting-order-v15.ts'
import { waitingV12 } from './waiting-v12.ts'

/** Each runs once, in order; a released one never changes. Its place is its version: there is no part v2, so v6 makes version 5. */
const migrations: readonly ((schema: string) => string)[] = [
  (schema) => schemaV1(schema) + functionsV1(schema),
  (schema) =>
    [
      schemaV3,
      functionsV3,
      plainFunctionsV3,
      partitionFunctionsV3,
      retentionFunctionsV3,
      rowLevelSecurityFunctionsV3,
    ]
      .map((part) => part(schema))
      .join('\n'),
  (schema) => stopGateV4(schema) + messagesV4(schema),
  lookupsV5,
  searchPathV6,
  // In the order in which commits take the tables.
  (schema) => statusIndexV7(schema) + counterExpiryV7(schema) + blockedItemsV7(schema),
  statisticsV8,
  claimPlansV9,
  listIndexesV10,
  retentionOutboxV11,
  waitingV12,
  partitionLocksV13,
  claimOrderV14,
  waitingOrderV15,
  retentionPlansV16,
]

/** Brings the schema to this package's version. Several starters wait for one another. */
export async function migrate(database: Database, schema: string): Promise<void> {
  await database.transaction(async (session) => {
    if ((await versionOf(session, schema)) === migrations.length) return
    // Nothing here is anybody else's; see search-path-v6.ts.
    await session('SET LOCAL search_path = pg_catalog, pg_temp')
    await session(
      `SELECT pg_advisory_xact_lock(hashtext('loop-engine/migrate'), hashtext('${schema}'))`,
    )
    // Not IF NOT EXISTS: that trusts what the session knew before it waited, and wants a right on the database even so.
    const [made] = await session(`SELECT oid FROM pg_namespace WHERE nspname = '${schema}'`)
    if (!made) await session(`CREATE SCHEMA ${schema}`)
    await session(
      `CREATE TABLE IF NOT EXISTS ${schema}.migration
        (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`,
    )
    const from = await versionOf(session, schema)
    for (const [index, statements] of migrations.entries()) {
      if (index < from) continue
      await session(statements(schema))
      await session(`INSERT INTO ${schema}.migration (version) VALUES (${index + 1})`)
    }
  })
}

/** Refuses a schema that `migrate` would make or upgrade, for those who only look at what is there. */
export async function requireSchema(database: Database, schema: string): Promise<void> {
  const version = await database.transaction((session) => versionOf(session, schema))
  if (version === migrations.length) return
  if (version === 0) {
    const message = `The PostgreSQL database holds no Loop Engine tables in the schema ${schema}.`
    throw new LoopError('not_found', message, {
      plugin: 'postgres',
      hint: 'Check which database this is. The first start of an application makes them, and so does `loop migrate`.',
    })
  }
  const message = `The PostgreSQL schema ${schema} is of version ${version}, this program needs ${migrations.length}.`
  throw new LoopError('unsupported', message, {
    plugin: 'postgres',
    hint: 'The start of an application of this version upgrades it, and so does `loop migrate`; or use the older program.',
    details: { version, known: migrations.length },
  })
}

async function versionOf(session: Session, schema: string): Promise<number> {
  const [table] = await session(`SELECT to_regclass('${schema}.migration') IS NOT NULL AS present`)
  if (table?.present !== true) return 0
  const [row] = await session(
    `SELECT coalesce(max(version), 0) AS version FROM ${schema}.migration`,
  )
  const version = Number(row?.version)
  if (version <= migrations.length) return version
  throw new LoopError(
    'unsupported',
    'The postgres schema was made by a newer version of this package.',
    {
      plugin: 'postgres',
      hint: 'Upgrade @loop-engine/integration-postgres; schemas never go back.',
      details: { version, known: migrations.length },
    },
  )
}
