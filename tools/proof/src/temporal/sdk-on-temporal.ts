import { generateKeySync } from 'node:crypto'

import { createTemporalLoopSystem } from '@loop-engine/integration-temporal'
import type { LoopSystem, LoopSystemOptions } from '@loop-engine/sdk'
import { startTemporal } from '@loop-engine/testing'
import { Client, Connection } from '@temporalio/client'
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

// What the SDK's own tests find in its place when they run on Temporal: see vitest.temporal.config.ts.
export {
  createAuthority,
  createIntake,
  createMemoryStore,
  defineLoop,
  LoopBuilder,
} from '@loop-engine/sdk'

Runtime.install({ logger: new DefaultLogger('ERROR') })

const historyKeys = [{ keyId: 'k1', key: generateKeySync('aes', { length: 256 }) }]
let ground: { client: Client; connection: NativeConnection; end(): Promise<void> }
let queues = 0

beforeAll(async () => {
  const server = await startTemporal()
  const connection = await NativeConnection.connect({ address: server.address })
  const client = new Client({ connection: await Connection.connect({ address: server.address }) })
  const end = async (): Promise<void> => {
    await connection.close()
    await client.connection.close()
    await server.stop()
  }
  ground = { client, connection, end }
})
afterAll(() => ground.end())

/** A system on Temporal, with a worker of its own, which ends with the test that asked for it. */
export async function createLoopSystem(options: LoopSystemOptions): Promise<LoopSystem> {
  const { client, connection } = ground
  const taskQueue = `conformance-${++queues}`
  const system = await createTemporalLoopSystem({
    ...options,
    client,
    connection,
    taskQueue,
    historyKeys,
  })
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    closing ??= system.close()
    return closing
  }
  onTestFinished(close)
  return { ...system, close }
}
