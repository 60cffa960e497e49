import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './free-port.ts'
import { installNats } from './install-nats.ts'
import { startServer, type ServerProcess } from './server-process.ts'

export interface NatsServer extends ServerProcess {
  /** `nats://host:port`. */
  readonly url: string
  readonly version: string
}

/** Starts a real NATS server for tests, with JetStream on disk. It ends with this process. */
export async function startNats(): Promise<NatsServer> {
  const { command, version } = await installNats()
  const folder = await mkdtemp(join(tmpdir(), 'loop-engine-nats-'))
  const port = await freePort()
  const config = join(folder, 'nats.conf')
  await writeFile(
    config,
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}", sync_interval: always }\n`,
  )
  const server = await startServer({
    name: 'The NATS server',
    command,
    args: ['--config', config],
    port,
    folder,
    upMs: 30_000,
  })
  return {
    ...server,
    url: `nats://127.0.0.1:${port}`,
    version,
  }
}
