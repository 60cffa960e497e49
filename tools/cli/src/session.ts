import { existsSync, mkdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join } from 'node:path'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import {
  createLoopSystem,
  LoopError,
  type Actor,
  type LoopStore,
  type LoopSystem,
} from '@loop-engine/sdk'

export const defaultDb = '.loop/loop.db'
export const defaultTenant = 'default'

/** The options that every command accepts. */
export interface GlobalOptions {
  readonly db: string
  readonly postgres?: string
  readonly tenant: string
  readonly as?: string
  readonly role: readonly string[]
  readonly group: readonly string[]
  readonly json: boolean
  readonly color: boolean
  readonly debug: boolean
}

export interface Session extends LoopSystem {
  readonly store: LoopStore
  readonly tenant: string
  readonly actor: Actor
}

/**
 * Opens the store for one command and closes it afterwards. The system is given no loops and runs no relay: definitions
 * come from the store, and the application that has the integrations carries out the effects. `onError` hears of errors
 * that do not fail the command.
 */
export async function withSession<Result>(
  options: GlobalOptions,
  work: (session: Session) => Promise<Result>,
  onError: (error: unknown) => void = () => {},
): Promise<Result> {
  const store = await openStore(options)
  try {
    const system = await createLoopSystem({ loops: [], store, relay: false, onError })
    try {
      return await work({
        ...system,
        store,
        tenant: options.tenant,
        // Read only when a command needs it: whoever only looks need not say who they are.
        get actor() {
          return actorOf(options)
        },
      })
    } finally {
      await system.close()
    }
  } finally {
    // `system.close` has closed the store, unless opening failed. An open connection would keep the process from ending.
    await store.close()
  }
}

/** The file in which the server keeps digests of API keys: `access`, or `server.db` beside the database. */
export function accessPathOf({ db }: GlobalOptions, access: string | undefined): string {
  return access ?? join(dirname(db), 'server.db')
}

/** The person who runs the command, as the options describe them. */
export function actorOf({ as = userOfThisComputer(), role, group }: GlobalOptions): Actor {
  return {
    type: 'human',
    id: as,
    ...(role.length > 0 && { roles: [...role] }),
    ...(group.length > 0 && { groups: [...group] }),
  }
}

function userOfThisComputer(): string {
  try {
    return userInfo().username
  } catch (cause) {
    throw new LoopError('invalid_config', 'The user of this computer has no name.', {
      hint: 'Say who you are with --as ID. In a container the user may be a number without a name.',
      cause,
    })
  }
}

/**
 * Opens the store that the options name. Only with `create` are its tables made, or upgraded to this version: a command
 * that only looks must not change the database of an application that is running.
 */
export async function openStore(
  { db, postgres }: GlobalOptions,
  { create = false }: { readonly create?: boolean } = {},
): Promise<LoopStore> {
  if (postgres !== undefined) return openPostgres(postgres, !create)
  if (create) makeFolder(dirname(db))
  if (create || existsSync(db)) return createSqliteStore({ path: db, mustExist: !create })
  throw new LoopError('not_found', `There is no database at ${db}.`, {
    hint: 'Name a database with --db PATH or --postgres URL. An application makes its database when it starts.',
  })
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw new LoopError('unavailable', `The folder ${path} cannot be made.`, {
      hint: 'Use --db to name a file in a folder that you may write to.',
      cause,
    })
  }
}

async function openPostgres(connectionString: string, mustExist: boolean): Promise<LoopStore> {
  const integration = await import('@loop-engine/integration-postgres').catch((cause: unknown) => {
    throw new LoopError('invalid_config', 'The PostgreSQL store is not installed.', {
      hint: 'npm install @loop-engine/integration-postgres pg',
      cause,
    })
  })
  return integration.createPostgresStore({ connectionString, mustExist })
}
