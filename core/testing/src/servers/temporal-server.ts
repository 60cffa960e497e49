import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './free-port.ts'
import { installTemporal } from './install-temporal.ts'
import { startServer } from './server-process.ts'

export interface TemporalServer {
  /** `host:port` of the frontend. */
  readonly address: string
  /** What `temporal --version` prints. */
  readonly version: string
  /** Kills the server as a power cut would; only a durable one keeps its histories. */
  crash(): Promise<void>
  /** Starts a crashed server again on the same port and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface TemporalServerOptions {
  /** Whether to keep histories in a file, so that they survive a crash; false by default. */
  readonly durable?: boolean
  /** Dynamic configuration, by key: `{ 'limit.historyCount.suggestContinueAsNew': 30 }`. */
  readonly settings?: Readonly<Record<string, number>>
}

/** Starts a real Temporal dev server for tests and examples, with a namespace `default`. It ends with this process. */
export async function startTemporal({
  durable = false,
  settings = {},
}: TemporalServerOptions = {}): Promise<TemporalServer> {
  const command = await installTemporal()
  const version = spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout.trim()
  const folder = await mkdtemp(join(tmpdir(), 'loop-engine-temporal-'))
  const port = await freePort()
  const address = `127.0.0.1:${port}`
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', `${port}`]
  args.push('--log-level', 'error', '--ui-port', `${await freePort()}`)
  if (durable) args.push('--db-filename', join(folder, 'temporal.db'))
  for (const [key, value] of Object.entries(settings))
    args.push('--dynamic-config-value', `${key}=${value}`)

  const server = await startServer({
    name: 'The Temporal dev server',
    command,
    args,
    port,
    folder,
    upMs: 30_000,
    // The frontend listens shortly before it answers.
    isReady: () => succeeds(command, ['operator', 'cluster', 'health', '--address', address]),
  })
  return {
    address,
    version,
    crash: server.crash,
    restart: server.restart,
    stop: server.stop,
  }
}

function succeeds(command: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => execFile(command, args, (error) => resolve(error === null)))
}
