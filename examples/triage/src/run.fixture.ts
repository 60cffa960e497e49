import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

import { onTestFinished } from 'vitest'

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface StartOptions {
  /** A signal that is sent as soon as the ledger has this many entries, or when the promise resolves. */
  readonly kill?: { readonly signal: NodeJS.Signals } & (
    | { readonly atEntries: number }
    | { readonly when: Promise<unknown> }
  )
  /** The environment, besides the path: no key of the person who runs the tests reaches the job. */
  readonly env?: Readonly<Record<string, string>>
}

/** A data directory that is removed when its test ends. */
export function newData(): string {
  const folder = mkdtempSync(join(tmpdir(), 'loop-triage-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts the real job on a data directory, as `npm start` does. */
export async function start(
  data: string,
  args: readonly string[],
  { kill, env }: StartOptions = {},
): Promise<Ran> {
  return run(
    join(import.meta.dirname, 'main.ts'),
    ['--data', data, ...args],
    async (child, over) => {
      if (kill && 'when' in kill) {
        await kill.when
        return child.kill(kill.signal)
      }
      while (kill && !over()) {
        if (entriesIn(data) >= kill.atEntries) return child.kill(kill.signal)
        await sleep(1)
      }
      return false
    },
    env,
  )
}

/** Runs the `loop` command on the database of a data directory. */
export function loop(data: string, ...args: string[]): Promise<Ran> {
  const program = join(import.meta.dirname, '../../../tools/cli/src/main.ts')
  return run(program, ['--db', join(data, 'loop.db'), ...args])
}

/** The flags with which Node runs a program from its sources. */
export const flags = ['--disable-warning=ExperimentalWarning', '--conditions=@loop-engine/source']

/**
 * Excludes the variables of the person who runs the tests. The compile cache saves time: processes share compiled code.
 */
export const environment = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
} as const

function run(
  program: string,
  args: readonly string[],
  watch: (child: ReturnType<typeof spawn>, over: () => boolean) => Promise<boolean> = async () =>
    false,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...flags, program, ...args], {
      env: { ...environment, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    let over = false
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      over = true
      resolve({ code, out, err })
    })
    watch(child, () => over).catch(reject)
  })
}

/** Queries a database of a data directory, through a connection of its own. */
export function query(
  data: string,
  file: 'loop.db' | 'tickets.db',
  sql: string,
): Record<string, unknown>[] {
  const database = new DatabaseSync(join(data, file))
  try {
    database.exec('PRAGMA busy_timeout = 5000')
    return database.prepare(sql).all()
  } finally {
    database.close()
  }
}

function entriesIn(data: string): number {
  if (!existsSync(join(data, 'loop.db'))) return 0
  try {
    return Number(query(data, 'loop.db', 'SELECT count(*) AS count FROM entry')[0]?.['count'])
  } catch {
    // The program has not created its tables yet.
    return 0
  }
}
