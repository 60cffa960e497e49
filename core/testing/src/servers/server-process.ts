import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'

/** A server for tests, in a process of its own that ends with this one. */
export interface ServerProcess {
  /** Freezes the process, as a machine that swaps would: connections stay open and are not answered. */
  pause(): Promise<void>
  resume(): Promise<void>
  /** Kills it as a power cut would. */
  crash(): Promise<void>
  /** Starts a crashed server again, on the same port and data. */
  restart(): Promise<void>
  /** Ends the server for good, and removes its folder. */
  stop(): Promise<void>
}

export interface ServerCommand {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** The port on which the server listens once it is up. */
  readonly port: number
  /** The server's own folder; its output goes to the file `log` there. */
  readonly folder: string
  readonly upMs: number
  /** Whether the server is ready. By default it is as soon as it listens. */
  isReady?(): Promise<boolean>
}

/** Starts a server. Resolves when it is ready, or throws with its output when it does not become ready in `upMs`. */
export async function startServer(command: ServerCommand): Promise<ServerProcess> {
  let running = await launch(command)
  return {
    pause: () => running.say('p'),
    resume: () => running.say('r'),
    crash: () => running.end(),
    async restart() {
      running = await launch(command)
    },
    async stop() {
      await running.end()
      await rm(command.folder, { recursive: true, force: true })
    },
  }
}

async function launch({
  name,
  command,
  args,
  port,
  folder,
  upMs,
  isReady = async () => true,
}: ServerCommand): Promise<{
  say(what: 'p' | 'r'): Promise<void>
  end(): Promise<void>
}> {
  // If this process is killed, the guard outlives it just long enough to kill the server.
  const guard = spawn(process.execPath, ['-e', guardScript, command, ...args], {
    stdio: ['pipe', 'pipe', 'pipe', 'ipc'],
  })
  const log = join(folder, 'log')
  const output = createWriteStream(log, { flags: 'a' })
  guard.stdout?.pipe(output)
  guard.stderr?.pipe(output)
  const gone = new Promise<void>((resolve) => guard.once('exit', () => resolve()))
  let ended = false
  void gone.then(() => (ended = true))
  const until = Date.now() + upMs
  while (!((await answers(port)) && (await isReady()))) {
    if (ended || Date.now() > until) {
      guard.kill()
      throw new Error(`${name} did not start:\n${await readFile(log, 'utf8')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  for (const stream of [guard, guard.stdin, guard.stdout, guard.stderr, guard.channel])
    unref(stream)
  return {
    say(what) {
      const { promise, resolve } = Promise.withResolvers<void>()
      guard.channel?.ref()
      guard.once('message', () => {
        guard.channel?.unref()
        resolve()
      })
      guard.stdin?.write(what)
      return promise
    },
    async end() {
      guard.ref()
      guard.stdin?.end()
      await gone
    },
  }
}

const guardScript = `
  const { readFileSync } = require('node:fs')
  const { spawn, spawnSync } = require('node:child_process')
  const [command, ...args] = process.argv.slice(1)
  const server = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  server.on('exit', (code) => process.exit(code ?? 1))
  server.on('error', (error) => { console.error(error.message); process.exit(1) })
  // On Linux /proc tells the state; small images lack \`ps\`.
  const state = () => {
    try {
      return readFileSync('/proc/' + server.pid + '/stat', 'utf8').split(') ').at(-1)
    } catch {
      return spawnSync('ps', ['-o', 'stat=', '-p', server.pid], { encoding: 'utf8' }).stdout.trim()
    }
  }
  process.stdin.on('data', (said) => {
    for (const letter of said.toString()) {
      server.kill(letter === 'p' ? 'SIGSTOP' : 'SIGCONT')
      while (server.exitCode === null && state().startsWith('T') !== (letter === 'p'));
      process.send('done')
    }
  })
  process.stdin.on('end', () => server.kill('SIGKILL'))`

function unref(holder: object | null | undefined): void {
  if (holder && 'unref' in holder && typeof holder.unref === 'function') holder.unref()
}

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
