import { spawn, spawnSync } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { installTemporal } from './temporal-cli.ts'

export interface TemporalServer {
  /** `host:port` of the frontend. */
  readonly address: string
  /** What `temporal --version` prints. */
  readonly version: string
  /** Kills the server as a power cut would; only one with a `file` remembers. */
  crash(): Promise<void>
  /** Starts a crashed server again on the same port and data. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface TemporalServerOptions {
  /** Keeps histories in a file, so that a crash can be survived; in memory by default. */
  readonly durable?: boolean
  /** Dynamic configuration, by key: `{ 'limit.historyCount.suggestContinueAsNew': 30 }`. */
  readonly settings?: Readonly<Record<string, number>>
}

const upMs = 30_000

/** A real Temporal dev server for tests and examples, with a namespace `default`. Its process ends with this one. */
export async function startTemporal({
  durable = false,
  settings = {},
}: TemporalServerOptions = {}): Promise<TemporalServer> {
  const command = await installTemporal()
  const version = spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout.trim()
  const folder = await mkdtemp(join(tmpdir(), 'loop-engine-temporal-'))
  const port = await freePort()
  const log = join(folder, 'log')
  const args = ['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', `${port}`]
  args.push('--log-level', 'error', '--ui-port', `${await freePort()}`)
  if (durable) args.push('--db-filename', join(folder, 'temporal.db'))
  for (const [key, value] of Object.entries(settings))
    args.push('--dynamic-config-value', `${key}=${value}`)

  let running = await launch()
  return {
    address: `127.0.0.1:${port}`,
    version,
    crash: () => running.end(),
    async restart() {
      running = await launch()
    },
    async stop() {
      await running.end()
      await rm(folder, { recursive: true, force: true })
    },
  }

  async function launch(): Promise<{ end(): Promise<void> }> {
    // The guard outlives a killed parent just long enough to take the server with it.
    const guard = spawn(process.execPath, ['-e', guardScript, command, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const output = createWriteStream(log, { flags: 'a' })
    guard.stdout.pipe(output)
    guard.stderr.pipe(output)
    const gone = new Promise<void>((resolve) => guard.once('exit', () => resolve()))
    let ended = false
    void gone.then(() => (ended = true))
    const until = Date.now() + upMs
    while (!(await answers(port))) {
      if (ended || Date.now() > until) {
        guard.kill()
        throw new Error(`The Temporal dev server did not start:\n${await readFile(log, 'utf8')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    for (const stream of [guard, guard.stdin, guard.stdout, guard.stderr]) unref(stream)
    return {
      async end() {
        guard.ref()
        guard.stdin.end()
        await gone
      },
    }
  }
}

const guardScript = `
  const { spawn } = require('node:child_process')
  const [command, ...args] = process.argv.slice(1)
  const server = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  server.on('exit', (code) => process.exit(code ?? 1))
  process.stdin.on('end', () => server.kill('SIGKILL')).resume()`

function unref(holder: object): void {
  if ('unref' in holder && typeof holder.unref === 'function') holder.unref()
}

/** Whether something accepts connections there; the frontend listens once its services are up. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const end = (up: boolean): void => {
      socket.destroy()
      resolve(up)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
