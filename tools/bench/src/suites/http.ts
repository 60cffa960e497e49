import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { getRequestListener } from '@hono/node-server'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import { createLogger, createLoopServer } from '@loop-engine/server'
import { Hono } from 'hono'
import { Pool } from 'undici'

import { ringLoop, smallEvidence } from '../bench-loop.ts'
import { inTurns } from '../drive.ts'
import type { Figure, Suite } from '../figure.ts'
import { rates, type Contender } from '../measure.ts'
import { durabilityOf, openRaw, type Synchronous } from '../raw-sqlite.ts'
import { temporaryFile } from '../temporary.ts'

const connections = 64

/**
 * Compares a transition by POST with a bare Hono route that
 * makes one SQLite transaction. The clients run in this process.
 */
export const http: Suite = async ({ quick }) => {
  const pace = quick ? { rounds: 1, ms: 200, batch: 64 } : { rounds: 5, ms: 2000, batch: 256 }
  const figures: Figure[] = []
  for (const synchronous of ['FULL', 'NORMAL'] as const) {
    const { ours, baseline } = await rates(
      { ours: served(synchronous), baseline: bare(synchronous) },
      pace,
    )
    figures.push({
      name: `transition by POST, ${synchronous}, ${connections} connections`,
      ours,
      baseline,
      unit: 'requests/s',
      against: 'a bare Hono route with one three-row SQLite transaction',
      target: { atLeast: 0.5 },
      conditions: 'WAL; API key, schema, guards, hash chain; client and server in one process',
    })
  }
  return figures
}

function served(synchronous: Synchronous): Contender {
  return {
    async prepare() {
      const server = await createLoopServer({
        loops: [ringLoop],
        store: createSqliteStore({
          path: temporaryFile(),
          durability: durabilityOf[synchronous],
        }),
        logger: createLogger({ level: 'silent' }),
        rateLimit: { perSecond: 1_000_000, burst: 1_000_000 },
        relay: false,
      })
      const { url } = await server.listen({ port: 0 })
      const { secret } = server.keys.create({
        tenant: 'default',
        name: 'bench',
        actor: { type: 'ai-agent', id: 'agent:bench' },
        scopes: ['read', 'run'],
        createdBy: 'bench',
      })
      const pool = new Pool(url, { connections })
      const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' }
      const post = poster(pool, headers)
      const runs = Array.from({ length: connections }, (_, index) => `case-${index}`)
      for (const aggregateId of runs)
        await post('/api/v1/instances', { loopId: ringLoop.id, aggregateId })
      const move = { signal: 'next', evidence: smallEvidence }
      return {
        work: inTurns(connections, (place) =>
          post(`/api/v1/instances/${runs[place] ?? ''}/transitions`, move),
        ),
        async done() {
          await pool.close()
          await server.close()
        },
      }
    },
  }
}

function bare(synchronous: Synchronous): Contender {
  return {
    async prepare() {
      const raw = openRaw(temporaryFile(), synchronous)
      const app = new Hono().post('/transitions', async (context) => {
        await context.req.json()
        await raw.work(1)
        return context.json({ status: 'executed' })
      })
      const answer = getRequestListener(app.fetch)
      const server = createServer((incoming, outgoing) => void answer(incoming, outgoing))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const pool = new Pool(`http://127.0.0.1:${port}`, { connections })
      const post = poster(pool, { 'content-type': 'application/json' })
      return {
        work: inTurns(connections, () =>
          post('/transitions', { signal: 'next', evidence: smallEvidence }),
        ),
        async done() {
          await pool.close()
          server.close()
          raw.done()
        },
      }
    },
  }
}

function poster(
  pool: Pool,
  headers: Record<string, string>,
): (path: string, body: object) => Promise<void> {
  return async (path, body) => {
    const answer = await pool.request({
      path,
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    const text = await answer.body.text()
    if (answer.statusCode >= 300) throw new Error(`${answer.statusCode} ${text}`)
  }
}
