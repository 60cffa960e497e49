import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createWebhookSink } from '@loop-engine/integration-webhooks'
import { createLogger, createLoopServer, type LoopServer } from '@loop-engine/server'
import { createTestClock, type TestClock } from '@loop-engine/testing'

import { openDesk, type Database, type Desk } from './desk.fixture.ts'
import { loops } from './loops.fixture.ts'
import { loadNodeTypes } from './node-types.fixture.ts'
import { createIssuer, logIn } from './people.fixture.ts'
import { openWire } from './wire.fixture.ts'

export interface Bench {
  readonly server: LoopServer
  readonly clock: TestClock
  readonly desk: Desk
  /** The credential in n8n; a test may change its key. */
  readonly credential: { url: string; apiKey: string; readonly signingSecret: string }
  /** Lets the server make its due calls, and n8n finish the work that they begin. */
  settle(): Promise<void>
  /** Ids of the waiting requests. */
  pending(): Promise<string[]>
  /** The id of the first waiting request. */
  asked(): Promise<string>
  /** Decides as a person who logged in. */
  decide(requestId: string, decision: string, more?: object): Promise<number>
  /** Stops n8n and starts it again from its database. */
  restartDesk(): Promise<void>
  /** The server's answer to a request with n8n's key. */
  api(path: string): Promise<unknown>
  start(loopId: string, aggregateId: string): Promise<void>
  transition(aggregateId: string, transition: string, evidence?: object): Promise<void>
  /** The token of a person, from an issuer that the server trusts. */
  tokenOf(id: string, role: string): Promise<string>
  /** The URL that the server will call when this request ends. */
  resumeUrl(requestId: string): string
  /** Loses the next answers of the server on their way to n8n. */
  loseAnswers(count: number): void
  close(): Promise<void>
}

/**
 * A real server, the real engine of n8n, and the wire between them. `events` lets the server tell n8n of everything.
 */
export async function openBench({ events = false } = {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'n8n-bench-'))
  const types = await loadNodeTypes()
  const database: Database = new Map()
  const signingSecret = `whsec_${randomBytes(32).toString('base64')}`
  const held = { url: '', apiKey: '', signingSecret }
  let desk = await openDesk({ types, credential: () => held, database })
  const issuer = await createIssuer()
  const allow = ['127.0.0.0/8']
  const clock = createTestClock(Date.now())
  const server = await createLoopServer({
    loops,
    store: createSqliteStore({ path: join(folder, 'loop.db'), durability: 'process' }),
    accessPath: join(folder, 'server.db'),
    relay: false,
    clock,
    oidc: [issuer.options],
    logger: createLogger({ level: 'silent' }),
    ...(events && {
      sinks: [
        createWebhookSink({
          url: `${desk.url}/webhook/workflow`,
          secrets: [signingSecret],
          allow,
        }),
      ],
    }),
    callbacks: { origins: [desk.url], secrets: [signingSecret], allow },
  })
  const { url } = await server.listen({ port: 0 })
  const { secret } = server.keys.create({
    tenant: 'default',
    name: 'n8n',
    actor: { type: 'automation', id: 'n8n' },
    scopes: ['read', 'run', 'decide'],
    createdBy: 'test',
  })
  const wire = await openWire(url)
  Object.assign(held, { url: wire.url, apiKey: secret })

  const call = async (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}/api/v1${path}`, init)
  const asKey = { authorization: `Bearer ${secret}` }
  const api: Bench['api'] = async (path) => (await call(path, { headers: asKey })).json()

  async function pending(): Promise<string[]> {
    const { items } = (await api('/approvals?status=pending')) as { items: { id: string }[] }
    return items.map(({ id }) => id)
  }

  async function post(path: string, body: object): Promise<void> {
    const headers = { ...asKey, 'content-type': 'application/json' }
    await call(path, { method: 'POST', headers, body: JSON.stringify(body) })
  }

  return {
    server,
    clock,
    credential: held,
    api,
    get desk() {
      return desk
    },
    start: (loopId, aggregateId) => post('/instances', { loopId, aggregateId }),
    transition: (aggregateId, transition, evidence = {}) =>
      post(`/instances/${aggregateId}/transitions`, { transition, evidence }),
    tokenOf: issuer.tokenOf,
    resumeUrl: (requestId) => wire.callbackUrl(requestId),
    loseAnswers: (count) => wire.loseAnswers(count),
    async settle() {
      await server.system.relay.drain()
      await desk.idle()
    },
    pending,
    async asked() {
      const [requestId] = await pending()
      if (requestId === undefined) throw new Error('Nobody asked.')
      return requestId
    },
    async decide(requestId, decision, more = {}) {
      const path = `/approvals/${encodeURIComponent(requestId)}`
      const { revision, viewHash } = (await api(path)) as { revision: number; viewHash: string }
      const { status } = await call(`${path}/decisions`, {
        method: 'POST',
        headers: {
          cookie: await logIn(server, url),
          origin: url,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ decision, revision, viewHash, ...more }),
      })
      return status
    },
    async restartDesk() {
      const port = Number(new URL(desk.url).port)
      await desk.close()
      desk = await openDesk({ types, credential: () => held, database, port })
    },
    async close() {
      await desk.close()
      await wire.close()
      await server.close({ drainMs: 100 })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
