import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createLoopClient, type LoopClient } from '@loop-engine/client'
import { createSqliteStore } from '@loop-engine/integration-sqlite'
import {
  createLogger,
  createLoopServer,
  type LoginOptions,
  type LoopServer,
} from '@loop-engine/server'

import { consoleFolder } from '../src/index.ts'
import { createBank, deploy, refund, type Bank } from './loops.ts'

/** A server with the built console, an agent that asks and a program that works. */
export interface World {
  readonly url: string
  readonly server: LoopServer
  readonly bank: Bank
  readonly agent: LoopClient
  readonly program: LoopClient
  /** The secret of a new API key. */
  keyOf(type: 'automation' | 'ai-agent', id: string): string
  /** A login link of a person. */
  link(id: string, roles?: readonly string[], scopes?: LoginOptions['scopes']): string
  /** A refund that waits for finance; the id of its request. */
  ask(aggregateId: string, evidence?: Readonly<Record<string, unknown>>): Promise<string>
  /** Ends the server, and starts it again on the same port and files. */
  restart(): Promise<void>
  close(): Promise<void>
}

export const attribution = {
  provider: 'openai',
  modelId: 'gpt-5.2',
  promptHash: 'a'.repeat(64),
  confidence: 0.91,
} as const

export async function createWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'loop-console-'))
  const bank = createBank()
  const start = async (
    port: number,
  ): Promise<{ server: LoopServer; url: string; port: number }> => {
    const server = await createLoopServer({
      loops: [refund, deploy],
      integrations: [bank],
      store: createSqliteStore({ path: join(folder, 'loop.db'), durability: 'process' }),
      accessPath: join(folder, 'server.db'),
      console: consoleFolder,
      logger: createLogger({ level: 'silent' }),
      rateLimit: { burst: 1_000_000, perSecond: 1_000_000 },
      strangerLimit: { burst: 1_000_000, perSecond: 1_000_000 },
    })
    const door = await server.listen({ port })
    return { server, url: door.url, port: door.port }
  }
  let now = await start(0)
  const { url, port } = now
  const keyOf: World['keyOf'] = (type, id) =>
    now.server.keys.create({
      tenant: 'default',
      name: id,
      actor: { type, id, ...(type === 'ai-agent' && { onBehalfOf: { type: 'human', id: 'zoe' } }) },
      scopes: ['read', 'run', 'stop', 'operate', 'export'],
      createdBy: 'test',
    }).secret
  const clientOf = (type: 'automation' | 'ai-agent', id: string): LoopClient =>
    createLoopClient({ baseUrl: url, credential: keyOf(type, id) })
  const agent = clientOf('ai-agent', 'agent:refunds')
  const program = clientOf('automation', 'program:shop')

  return {
    url,
    bank,
    agent,
    program,
    keyOf,
    get server() {
      return now.server
    },
    link: (id, roles = [], scopes) =>
      now.server.loginLink({ id, roles, ...(scopes && { scopes }) }),
    async ask(aggregateId, evidence = { amount: 120, customer: 'c-17', why: 'Arrived broken.' }) {
      await program.instances.start({ loopId: 'refund', aggregateId })
      await agent.instances.transition(aggregateId, { transition: 'review', attribution })
      const result = await agent.instances.transition(aggregateId, {
        transition: 'pay',
        evidence,
        attribution,
      })
      if (result.status !== 'pending_approval')
        throw new Error(`It does not wait: ${result.status}`)
      return result.approvalId
    },
    async restart() {
      await now.server.close({ drainMs: 100 })
      now = await start(port)
    },
    async close() {
      await now.server.close({ drainMs: 100 })
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
