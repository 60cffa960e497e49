import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { defineLoop } from '@loop-engine/sdk'
import { createLogger, createLoopServer, type LoopServer, type Scope } from '@loop-engine/server'

const refund = defineLoop({
  id: 'refund',
  version: '1.0.0',
  states: [
    { id: 'OPEN', timeout: { after: '7d', transition: 'lapse' } },
    { id: 'DONE', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [
    { id: 'note', from: 'OPEN', to: 'OPEN', actors: ['automation', 'ai-agent'] },
    {
      id: 'pay',
      from: 'OPEN',
      to: 'DONE',
      actors: ['automation'],
      guards: [{ id: 'small', when: 'evidence.amount < 1000', severity: 'hard' }],
      approval: { reviewers: ['role:finance'], expiresIn: '2h', allow: ['delegate'] },
    },
    { id: 'lapse', from: 'OPEN', to: 'DONE', actors: ['system'] },
  ],
})

export interface Served {
  readonly url: string
  readonly server: LoopServer
  readonly key: string
  /** Makes a login link for a person and returns its token. */
  invite(id: string, roles?: readonly string[]): string
  /** Ends the server and starts another one on the same files and port. */
  restart(): Promise<void>
  close(): Promise<void>
}

const scopes: readonly Scope[] = ['read', 'run', 'decide', 'stop', 'operate', 'export', 'keys']

export async function serve(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-client-'))
  const start = async (
    port: number,
  ): Promise<{ server: LoopServer; url: string; port: number }> => {
    const server = await createLoopServer({
      loops: [refund],
      store: createSqliteStore({ path: join(folder, 'loop.db'), durability: 'process' }),
      accessPath: join(folder, 'server.db'),
      logger: createLogger({ level: 'silent' }),
      relay: false,
    })
    return { server, ...(await server.listen({ port })) }
  }
  let now = await start(0)
  const { secret } = now.server.keys.create({
    tenant: 'default',
    name: 'test',
    actor: { type: 'automation', id: 'bot' },
    scopes,
    createdBy: 'test',
  })
  return {
    url: now.url,
    key: secret,
    get server() {
      return now.server
    },
    invite: (id, roles = []) => now.server.loginLink({ id, roles }).split('#token=')[1] ?? '',
    async restart() {
      await now.server.close({ drainMs: 100 })
      now = await start(now.port)
    },
    async close() {
      await now.server.close({ drainMs: 100 })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A `fetch` that keeps cookies and sends the origin of its page, as a browser does. */
export function browser(origin: string): typeof fetch {
  let cookie = ''
  return async (input, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('origin', origin)
    if (cookie !== '') headers.set('cookie', cookie)
    const response = await fetch(input, { ...init, headers })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    return response
  }
}
