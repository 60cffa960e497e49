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

/** What every command accepts. */
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
 * Opens the store for one command and closes it. It knows no loops and relays nothing: definitions come from the
 * store, effects are carried out by the application that has the integrations. `onError` hears of what goes wrong beside
 * the work.
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
        // Who only looks need not be anybody.
        get actor() {
          return actorOf(options)
        },
      })
    } finally {
      await system.close()
    }
  } finally {
    // Closed already unless it could not be opened; a connection that is left keeps the program from ending.
    await store.close()
  }
}

/** Where the server keeps digests of keys: beside the database unless it is said. */
export function accessPathOf({ db }: GlobalOptions, access: string | undefined): string {
  return access ?? join(dirname(db), 'server.db')
}

/** The person at the keyboard, as far as the system knows. */
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
      hint: 'In a container it may be a number that nobody has named. Say who you are with --as ID.',
      cause,
    })
  }
}

/**
 * The store that the options name. Only with `create` is it made, or brought up to this version: whoever looks at the
 * database of an application does not change it under its feet.
 */
export async function openStore(
  { db, postgres }: GlobalOptions,
  { create = false }: { readonly create?: boolean } = {},
): Promise<LoopStore> {
  if (postgres !== undefined) return openPostgres(postgres, !create)
  if (create) makeFolder(dirname(db))
  if (create || existsSync(db)) return createSqliteStore({ path: db, mustExist: !create })
  throw new LoopError('not_found', `There is no database at ${db}.`, {
    hint: 'Name one with --db PATH or --postgres URL; an application makes it when it starts.',
  })
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw new LoopError('unavailable', `The folder ${path} cannot be made.`, {
      hint: 'Name a path with --db whose folder you may write.',
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
