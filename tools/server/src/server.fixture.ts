import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { defineLoop, LoopError, type Integration, type LoopStore } from '@loop-engine/sdk'

import type { Scope } from './access/principal.ts'
import { createLogger } from './log.ts'
import type { LoopServerOptions } from './options.ts'
import { createLoopServer, type LoopServer } from './server.ts'

export const refund = defineLoop({
  id: 'refund',
  version: '1.0.0',
  states: [
    { id: 'REQUESTED', timeout: { after: '7d', transition: 'give-up' } },
    { id: 'PAYING' },
    { id: 'PAID', terminal: true },
    { id: 'DROPPED', terminal: true },
  ],
  initialState: 'REQUESTED',
  transitions: [
    {
      id: 'note',
      from: 'REQUESTED',
      to: 'REQUESTED',
      actors: ['automation', 'ai-agent', 'human'],
    },
    {
      id: 'pay',
      from: 'REQUESTED',
      to: 'PAYING',
      actors: ['ai-agent', 'automation'],
      guards: [{ id: 'small', when: 'evidence.amount < 1000', severity: 'hard' }],
      approval: {
        reviewers: ['role:finance'],
        expiresIn: '2h',
        escalate: [{ after: '1h', reviewers: ['role:head'] }],
        allow: ['delegate', 'edit', 'respond'],
      },
      effect: { integration: 'bank', action: 'pay', semantics: 'idempotent', onSuccess: 'paid' },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'drop', from: 'REQUESTED', to: 'DROPPED', actors: ['human', 'automation'] },
    { id: 'give-up', from: 'REQUESTED', to: 'DROPPED', actors: ['system'] },
  ],
})

export const bank: Integration = {
  contract: 'integration/v1',
  name: 'bank',
  actions: {
    pay: {
      input: { parse: (value) => value },
      run: async () => {
        throw new LoopError('bad_response', 'The bank does not know the account.')
      },
    },
  },
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads the fields that it expects
  readonly body: any
}

export interface Asked {
  readonly key?: string
  readonly cookie?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

export interface TestServer {
  readonly folder: string
  readonly url: string
  readonly server: LoopServer
  readonly store: LoopStore
  /** Makes a key of a tenant, with every scope that is of use to a key. */
  key(tenant?: string, type?: 'automation' | 'ai-agent'): string
  /** Logs a person in and returns the cookie. */
  login(
    id: string,
    roles?: readonly string[],
    tenant?: string,
    scopes?: readonly Scope[],
  ): Promise<string>
  call(method: string, path: string, asked?: Asked): Promise<Reply>
  /** Starts a run of the loop `refund`. */
  start(
    aggregateId: string,
    key: string,
    more?: { readonly headers?: Record<string, string>; readonly metadata?: object },
  ): Promise<Reply>
  /** Starts a run whose payment waits for finance, and returns the approval request. */
  waiting(aggregateId: string, key: string): Promise<Reply['body']>
  /** Ends the server and starts another one on the same files. */
  restart(): Promise<void>
  close(): Promise<void>
}

export async function createTestServer(
  options: Partial<LoopServerOptions> = {},
): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-server-'))
  const open = async (): Promise<{ server: LoopServer; url: string; store: LoopStore }> => {
    const path = join(folder, 'loop.db')
    const store = options.store ?? createSqliteStore({ path, durability: 'process' })
    const server = await createLoopServer({
      loops: [refund],
      integrations: [bank],
      relay: false,
      logger: createLogger({ level: 'silent' }),
      rateLimit: { burst: 1_000_000, perSecond: 1_000_000 },
      strangerLimit: { burst: 1_000_000, perSecond: 1_000_000 },
      ...options,
      store,
      accessPath: join(folder, 'server.db'),
    })
    const { url } = await server.listen({ port: 0 })
    return { server, url, store }
  }
  let now = await open()

  const call: TestServer['call'] = async (method, path, { key, cookie, headers, body } = {}) => {
    const response = await fetch(`${now.url}${path}`, {
      method,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(cookie !== undefined && { cookie, origin: now.url }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    })
    const text = await response.text()
    const isJson = /json(;|$)/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : null,
    }
  }

  const start: TestServer['start'] = (aggregateId, key, { headers, metadata } = {}) =>
    call('POST', '/api/v1/instances', {
      key,
      headers,
      body: { loopId: 'refund', aggregateId, metadata },
    })

  return {
    folder,
    call,
    start,
    get url() {
      return now.url
    },
    get store() {
      return now.store
    },
    get server() {
      return now.server
    },
    key: (tenant = 'default', type = 'automation') =>
      now.server.keys.create({
        tenant,
        name: 'test',
        actor: { type, id: `${type}:test` },
        scopes: ['read', 'run', 'decide', 'stop', 'operate', 'export', 'keys'],
        createdBy: 'test',
      }).secret,
    async login(id, roles = [], tenant = 'default', scopes) {
      const link = now.server.loginLink({ id, roles, tenant, scopes })
      const { headers } = await call('POST', '/api/v1/session', {
        headers: { origin: now.url, 'sec-fetch-site': 'same-origin' },
        body: { token: link.split('#token=')[1] },
      })
      return headers.get('set-cookie')?.split(';')[0] ?? ''
    },
    async waiting(aggregateId, key) {
      await start(aggregateId, key)
      const { body } = await call('POST', `/api/v1/instances/${aggregateId}/transitions`, {
        key,
        body: { transition: 'pay', evidence: { amount: 20 } },
      })
      return (await call('GET', `/api/v1/approvals/${body.approvalId}`, { key })).body
    },
    async restart() {
      await now.server.close({ drainMs: 100 })
      now = await open()
    },
    async close() {
      await now.server.close({ drainMs: 100 })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
