import { generateKeyPairSync } from 'node:crypto'
import { fileURLToPath } from 'node:url'

import { createDecisionSigner } from '@loop-engine/core'
import { createDecisionSink, createTemporalPlugin } from '@loop-engine/integration-temporal'
import { createLoopSystem, createMemoryStore } from '@loop-engine/sdk'
import { startTemporal } from '@loop-engine/testing'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'

import { activities, policies } from './orders.ts'

/**
 * An order of 500: finance approves the charge, and customs the
 * export. The workflow waits for both, for days if necessary.
 */
export async function run(): Promise<string[]> {
  Runtime.install({ logger: new DefaultLogger('ERROR') })
  const server = await startTemporal() // In production: your cluster's address.
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const sign = createDecisionSigner({ issuer: 'https://loops.example', keyId: 'k1', privateKey })
  const audience = 'temporal:orders'
  const keys = [{ keyId: 'k1', x: publicKey.export({ format: 'jwk' }).x ?? '' }]

  const client = new Client({ connection: await Connection.connect({ address: server.address }) })
  const store = createMemoryStore() // In production: createPostgresStore({ connectionString }).
  const sink = createDecisionSink({ client, store, signer: { sign, audience } })
  const system = await createLoopSystem({ loops: [], store, sinks: [sink] })
  const connection = await NativeConnection.connect({ address: server.address })
  const worker = await Worker.create({
    connection,
    taskQueue: 'orders',
    workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
    activities,
    plugins: [createTemporalPlugin({ system, ...policies })], // This line adds the governance.
  })

  const said = await worker.runUntil(async () => {
    const order = { id: 'A-1', amount: 500 }
    const trust = { issuer: 'https://loops.example', audience, keys }
    const started = { taskQueue: 'orders', workflowId: 'order-A-1', args: [order, trust] }
    const handle = await client.workflow.start('fulfil', started)
    for (const role of ['finance', 'customs']) {
      // People decide in Slack, on a page or in the console; the sink brings the decision to the workflow.
      const actor = { type: 'human', id: `fay of ${role}`, roles: [role] } as const
      let [request] = await system.approvals.inbox({ actor })
      for (; !request; [request] = await system.approvals.inbox({ actor }))
        await new Promise((resolve) => setTimeout(resolve, 50))
      await system.approvals.decide({ requestId: request.id, decision: 'approve', actor })
    }
    return (await handle.result()) as string[]
  })
  const { items } = await system.engine.find({})
  await system.close()
  await Promise.all([client.connection.close(), connection.close()])
  await server.stop()
  return [...said, ...items.map(({ loopId, currentState }) => `${loopId} is ${currentState}`)]
}

if (import.meta.main) console.log((await run()).join('\n'))
