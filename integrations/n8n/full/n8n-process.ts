import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { retry, say } from './say.ts'

const packageFolder = join(import.meta.dirname, '..')

/** Installs a complete n8n in `N8N_FOLDER`, unless it is there; that takes some minutes and 2.2 GB. */
export function installN8n(): string {
  const folder = process.env['N8N_FOLDER'] ?? join(tmpdir(), 'n8n-full-install')
  if (existsSync(join(folder, 'node_modules/n8n/bin/n8n'))) return folder
  say(`n8n is installed into ${folder}; that takes some minutes.`)
  mkdirSync(folder, { recursive: true })
  cpSync(join(import.meta.dirname, 'package.json'), join(folder, 'package.json'))
  // Of the packages that n8n compiles on installation, only its database is needed.
  npm(folder, 'install', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund')
  npm(folder, 'rebuild', 'sqlite3')
  return folder
}

export interface N8nProcess {
  /** Installs our package as n8n does with a community node. */
  installNodes(): void
  importCredential(data: Readonly<Record<string, string>>): void
  importWorkflow(workflow: object): void
  /** Starts n8n. Resolves when it answers. */
  start(): Promise<void>
  /** Kills n8n at once, as a crash would. */
  kill(): Promise<void>
}

export function openN8n(options: {
  readonly folder: string
  readonly home: string
  readonly port: number
}): N8nProcess {
  const { folder, home, port } = options
  const program = join(folder, 'node_modules/n8n/bin/n8n')
  const env = {
    ...process.env,
    N8N_USER_FOLDER: home,
    N8N_PORT: String(port),
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_ENCRYPTION_KEY: 'of this run alone',
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_RUNNERS_ENABLED: 'false',
    WEBHOOK_URL: `http://127.0.0.1:${port}/`,
  }
  let running: ChildProcess | undefined
  const n8n = (...parameters: string[]): void => {
    execFileSync(process.execPath, [program, ...parameters], { env, stdio: 'ignore' })
  }
  const importFile = (kind: string, content: object): void => {
    const file = join(home, `${kind}.json`)
    writeFileSync(file, JSON.stringify([content]))
    n8n(`import:${kind}`, `--input=${file}`)
  }

  return {
    installNodes() {
      npm(packageFolder, 'run', 'build')
      const nodes = join(home, '.n8n/nodes')
      mkdirSync(nodes, { recursive: true })
      const packed = JSON.parse(
        execFileSync('npm', ['pack', '--json', '--pack-destination', nodes], {
          cwd: packageFolder,
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        }),
      ) as { filename: string }[]
      npm(nodes, 'install', `./${packed[0]?.filename}`, '--legacy-peer-deps', '--no-audit')
    },
    importCredential(data) {
      const named = { id: 'loopEngine1', name: 'Loop Engine', type: 'loopEngineApi', data }
      importFile('credentials', named)
    },
    importWorkflow(workflow) {
      importFile('workflow', workflow)
      // An imported workflow is never active.
      n8n('publish:workflow', '--id=approveARefund01')
    },
    async start() {
      running = spawn(process.execPath, [program, 'start'], {
        env,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
      await retry('n8n', async () => {
        const { status } = await fetch(`http://127.0.0.1:${port}/healthz/readiness`)
        return status === 200
      })
    },
    async kill() {
      if (!running || running.exitCode !== null || running.signalCode !== null) return
      const ended = once(running, 'exit')
      running.kill('SIGKILL')
      await ended
    },
  }
}

function npm(cwd: string, ...parameters: string[]): void {
  execFileSync('npm', parameters, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
}
