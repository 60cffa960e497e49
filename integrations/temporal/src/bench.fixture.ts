import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import {
  createDecisionSigner,
  type Actor,
  type ApprovalRequest,
  type DecisionSigner,
} from '@loop-engine/core'
import {
  createLoopSystem,
  createMemoryStore,
  type DecisionResult,
  type LoopStore,
  type LoopSystem,
  type LoopSystemOptions,
} from '@loop-engine/sdk'
import type { TemporalServer } from '@loop-engine/testing'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import type { DataConverter } from '@temporalio/common'
import { NativeConnection, Worker } from '@temporalio/worker'

import './replay.fixture.ts' // quiet
import { createDecisionSink, createTemporalPlugin, type TemporalPluginOptions } from './index.ts'
import { until } from './until.fixture.ts'
import type { TokenTrust } from './workflow.ts'

export const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
export const olga: Actor = { type: 'human', id: 'olga', roles: ['finance'] }
export const audience = 'temporal:tests'
/** A policy by which one person of finance decides. */
export const byFinance = { reviewers: ['role:finance'], expiresIn: '2h' }

export interface Bench {
  readonly client: Client
  readonly system: LoopSystem
  readonly store: LoopStore
  readonly queue: string
  readonly trust: TokenTrust
  readonly sign: DecisionSigner
  readonly paid: unknown[]
  /** Starts a workflow, under its name and that of the queue. */
  start(workflow: string, ...args: readonly unknown[]): Promise<WorkflowHandle>
  /** The newest request that waits. */
  asked(): Promise<ApprovalRequest>
  /** Approves or rejects the newest request that waits. */
  decide(decision: 'approve' | 'reject', actor?: Actor): Promise<DecisionResult>
  types(aggregateId: string): Promise<string[]>
  /** Replaces the worker by one with other workflows. */
  deploy(workflows: string): Promise<void>
  close(): Promise<void>
}

export interface BenchOptions {
  readonly plugin?: Partial<TemporalPluginOptions>
  readonly clientPlugin?: TemporalPluginOptions
  readonly sink?: boolean
  readonly relay?: boolean
  readonly guards?: LoopSystemOptions['guards']
  readonly pay?: (payment: unknown) => Promise<unknown>
  readonly dataConverter?: DataConverter
}

let queues = 0

/** A system, a worker and a client on a real server. */
export async function openBench(
  server: TemporalServer,
  {
    plugin = {},
    clientPlugin,
    sink = true,
    relay = true,
    guards = [],
    pay = async () => 'paid',
    dataConverter,
  }: BenchOptions = {},
): Promise<Bench> {
  const queue = `queue-${process.pid}-${++queues}`
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const sign = createDecisionSigner({ issuer: 'https://loops.test', keyId: 'k1', privateKey })
  const trust: TokenTrust = {
    issuer: 'https://loops.test',
    audience,
    keys: [{ keyId: 'k1', x: publicKey.export({ format: 'jwk' }).x ?? '' }],
  }
  const connection = await Connection.connect({ address: server.address })
  const client = new Client({
    connection,
    ...(dataConverter && { dataConverter }),
    ...(clientPlugin && { plugins: [createTemporalPlugin(clientPlugin)] }),
  })
  const store = createMemoryStore()
  const system = await createLoopSystem({
    loops: [],
    store,
    relay,
    guards,
    ...(sink && { sinks: [createDecisionSink({ client, store, signer: { sign, audience } })] }),
  })
  const paid: unknown[] = []
  const native = await NativeConnection.connect({ address: server.address })
  const startWorker = async (workflows: string): Promise<() => Promise<void>> => {
    const worker = await Worker.create({
      connection: native,
      ...(dataConverter && { dataConverter }),
      taskQueue: queue,
      workflowsPath: fileURLToPath(new URL(workflows, import.meta.url)),
      activities: {
        look: async () => 'seen',
        async pay(payment: unknown) {
          paid.push(payment)
          return pay(payment)
        },
      },
      plugins: [createTemporalPlugin({ system, signer: { sign, audience }, ...plugin })],
    })
    const running = worker.run()
    return async () => {
      worker.shutdown()
      await running
    }
  }
  let endWorker = await startWorker('./workflows.fixture.ts')

  async function asked(): Promise<ApprovalRequest> {
    return until(
      async () => (await system.approvals.find({ status: 'pending' })).items[0],
      'a request',
    )
  }

  return {
    client,
    system,
    store,
    queue,
    trust,
    sign,
    paid,
    start: async (workflow, ...args) =>
      client.workflow.start(workflow, {
        taskQueue: queue,
        workflowId: `${workflow}-${queue}`,
        args: [...args],
      }),
    asked,
    async decide(decision, actor = alice) {
      const request = await asked()
      return system.approvals.decide({ requestId: request.id, decision, actor })
    },
    async types(aggregateId) {
      const items = await Array.fromAsync(system.engine.history({ aggregateId }))
      return items.map(({ entry }) => entry.type)
    },
    async deploy(workflows) {
      await endWorker()
      endWorker = await startWorker(workflows)
    },
    async close() {
      await endWorker()
      await system.close()
      await connection.close()
      await native.close()
    },
  }
}
