import { generateKeySync } from 'node:crypto'

import { createTemporalLoopSystem } from '@loop-engine/integration-temporal'
import type { LoopSystem, LoopSystemOptions } from '@loop-engine/sdk'
import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

import { connectTemporal } from './connect-temporal.ts'

// Takes the place of the SDK when the SDK's own tests run on Temporal: see vitest.temporal.config.ts.
export {
  createAuthority,
  createIntake,
  createMemoryStore,
  defineLoop,
  LoopBuilder,
} from '@loop-engine/sdk'

const historyKeys = [{ keyId: 'k1', key: generateKeySync('aes', { length: 256 }) }]
let ground: Awaited<ReturnType<typeof connectTemporal>>
let server: TemporalServer
let queues = 0

beforeAll(async () => {
  server = await startTemporal()
  ground = await connectTemporal(server.address)
})
afterAll(async () => {
  await ground.disconnect()
  await server.stop()
})

/** Creates a system on Temporal, with a worker of its own that ends with its test. */
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
