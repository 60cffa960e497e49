import { chown, cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { launchIn, type PostgresServer } from './postgres-server.ts'

/** A primary and its standby. A commit on the primary waits until the standby has it. */
export interface PostgresPair {
  /** A connection string that names both servers. */
  readonly url: string
  readonly primary: PostgresServer
  readonly standby: PostgresServer
  /** Makes the standby the primary. Resolves when it accepts writes. */
  promote(): Promise<void>
  stop(): Promise<void>
}

/** Starts two private servers with synchronous streaming replication; see `startPostgres`. */
export async function startPostgresPair(): Promise<PostgresPair> {
  const folders = [await newFolder(), await newFolder()] as const
  const data = join(folders[1], 'data')
  const primary = await launchIn(folders[0], {
    settings: ['synchronous_standby_names=standby'],
    initialise: true,
  })
  // The stopped server's data is copied, because the package does not contain the backup tool.
  await primary.crash()
  await copy(join(folders[0], 'data'), data)
  await primary.restart()
  const { port } = new URL(primary.url)
  await writeFile(join(data, 'standby.signal'), '')
  const standby = await launchIn(folders[1], {
    settings: [
      `primary_conninfo=host=127.0.0.1 port=${port} user=postgres password=postgres application_name=standby`,
    ],
    initialise: false,
    isStandby: true,
  })
  const [one, two] = [new URL(primary.url), new URL(standby.url)]
  return {
    url: `postgres://${one.username}:${one.password}@${one.host},${two.host}${one.pathname}`,
    primary,
    standby,
    async promote() {
      await writeFile(join(data, 'promote'), '')
      const pid = Number.parseInt(await readFile(join(data, 'postmaster.pid'), 'utf8'), 10)
      process.kill(pid, 'SIGUSR1')
      await standby.accepting
    },
    async stop() {
      await standby.stop()
      await primary.stop()
    },
  }
}

function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'loop-engine-postgres-'))
}

/** Copies the data and keeps its owner, who is not root. */
async function copy(from: string, to: string): Promise<void> {
  const { uid, gid } = await stat(from)
  await cp(from, to, { recursive: true })
  await rm(join(to, 'postmaster.pid'), { force: true })
  if (process.getuid?.() !== 0) return
  await chown(to, uid, gid)
  for (const name of await readdir(to, { recursive: true })) await chown(join(to, name), uid, gid)
}
