import { createSecretKey } from 'node:crypto'

import {
  createMemoryStore,
  defineLoop,
  type Actor,
  type LoopStore,
  type LoopSystem,
} from '@loop-engine/sdk'
import type { TemporalServer } from '@loop-engine/testing'
import { Client, Connection } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'

import { createTemporalLoopSystem, type TemporalLoopSystemOptions } from './index.ts'
import './replay.fixture.ts' // quiet

export const agent: Actor = { type: 'ai-agent', id: 'agent' }
export const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
export const historyKeys = [{ keyId: 'k1', key: createSecretKey(Buffer.alloc(32, 'tests')) }]

/** A payment that a person approves and that is paid by an effect; notes may be taken meanwhile. */
const paymentLoop = defineLoop({
  id: 'payment',
  states: ['OPEN', 'PAYING', { id: 'PAID', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      approval: { reviewers: ['role:finance'], expiresIn: '2h' },
      effect: {
        integration: 'bank',
        action: 'pay',
        input: { iban: 'evidence.iban' },
        semantics: 'idempotent',
        onSuccess: 'paid',
      },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'note', from: 'PAYING', to: 'PAYING', actors: ['ai-agent'] },
  ],
})

export interface LoopBench {
  readonly client: Client
  readonly system: LoopSystem
  readonly store: LoopStore
  readonly taskQueue: string
  /** What the bank was asked to pay. */
  readonly paid: unknown[]
  close(): Promise<void>
}

let queues = 0

/** Loops on Temporal, with a worker in this process. */
export async function openLoopBench(
  server: TemporalServer,
  {
    pay = async () => {},
    ...options
  }: Partial<TemporalLoopSystemOptions> & {
    readonly pay?: (input: unknown) => Promise<void>
  } = {},
): Promise<LoopBench> {
  const client = new Client({ connection: await Connection.connect({ address: server.address }) })
  const connection = await NativeConnection.connect({ address: server.address })
  const taskQueue = `loops-${process.pid}-${++queues}`
  const paid: unknown[] = []
  const store = options.store ?? createMemoryStore()
  const system = await createTemporalLoopSystem({
    client,
    connection,
    taskQueue,
    historyKeys,
    loops: [paymentLoop],
    integrations: [
      {
        contract: 'integration/v1',
        name: 'bank',
        actions: {
          pay: {
            input: { parse: (value) => value },
            async run(input) {
              paid.push(input)
              await pay(input)
            },
          },
        },
      },
    ],
    ...options,
    store,
  })
  return {
    client,
    system,
    store,
    taskQueue,
    paid,
    async close() {
      await system.close()
      await client.connection.close()
      await connection.close()
    },
  }
}

/** Asks for a payment, and returns the request that a person has to decide. */
export async function askToPay(
  { engine }: LoopSystem,
  aggregateId: string,
  evidence: object = { iban: 'DE00' },
): Promise<string> {
  await engine.start({ loopId: paymentLoop.id, aggregateId, actor: agent })
  const input = { aggregateId, transitionId: 'pay', actor: agent, evidence }
  const asked = await engine.transition({ ...input, idempotencyKey: `pay ${aggregateId}` })
  return asked.status === 'pending_approval' ? asked.approvalId : asked.status
}
