import { generateKeyPairSync } from 'node:crypto'

import { createDecisionSigner } from '@loop-engine/core'
import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createDecisionSink } from '@loop-engine/integration-temporal'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'
import { startPostgres, startTemporal, type TemporalServer } from '@loop-engine/testing'
import { Client, Connection, type WorkflowHandle } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { alice } from './desk.ts'
import { startWorkerProcess, until, type WorkerProcess } from './worker-process.ts'

const issuer = 'https://loops.test'
const audience = 'temporal:proof'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const trust = {
  issuer,
  audience,
  keys: [{ keyId: 'k1', x: publicKey.export({ format: 'jwk' }).x }],
}

let server: TemporalServer
let postgres: Awaited<ReturnType<typeof startPostgres>>
let client: Client
let system: LoopSystem
let schema: string
let taskQueue: string
let count = 0

beforeAll(async () => {
  ;[server, postgres] = await Promise.all([startTemporal({ durable: true }), startPostgres()])
  client = new Client({ connection: await Connection.connect({ address: server.address }) })
})
beforeEach(async () => {
  schema = postgres.schema()
  taskQueue = `governed-${++count}`
  const store = createPostgresStore({ connectionString: postgres.url, schema })
  const signer = createDecisionSigner({ issuer, keyId: 'k1', privateKey })
  system = await createLoopSystem({
    loops: [],
    store,
    sinks: [createDecisionSink({ client, store, signer: { sign: signer, audience } })],
  })
})
afterEach(() => system.close())
afterAll(async () => {
  await client.connection.close()
  await server.stop()
  await postgres.stop()
})

async function startWorker(hangs = false): Promise<WorkerProcess> {
  const args = [server.address, postgres.url, schema, taskQueue, hangs ? 'hangs' : '']
  return startWorkerProcess(args, 'governed-worker.ts')
}

/** A worker dies while it pays, another one takes over. */
async function killInTheMiddle(how: string): Promise<{ handle: WorkflowHandle; payments: number }> {
  const doomed = await startWorker(true)
  const options = { taskQueue, workflowId: `buy-${taskQueue}`, args: [how, 7] }
  const handle = await client.workflow.start('buy', options)
  await doomed.said('paying')
  doomed.child.kill('SIGKILL')
  const heir = await startWorker()
  await handle.result().catch(() => {})
  return { handle, payments: heir.lines.filter((line) => line.startsWith('paying')).length }
}

async function ended(): Promise<{ state?: string; started: number }> {
  const { items } = await system.engine.find({})
  const [{ aggregateId, currentState: state } = { aggregateId: '' }] = items
  const records = await Array.fromAsync(system.engine.history({ aggregateId }))
  const started = records.filter(({ entry }) => entry.type === 'loop.effect.started')
  return { state, started: started.length }
}

test('an activity whose worker was killed in the middle is unknown and does not run again', async () => {
  const { handle, payments } = await killInTheMiddle('payOnce')
  expect(payments).toBe(0)
  await expect(handle.result()).rejects.toMatchObject({
    cause: { cause: { type: 'LoopEngine.UnknownOutcome', nonRetryable: true } },
  })
  expect(await ended()).toEqual({ state: 'UNKNOWN', started: 1 })
})

test('an idempotent activity runs again, once, with a receipt of its own', async () => {
  const { handle, payments } = await killInTheMiddle('payAgain')
  expect(payments).toBe(1)
  expect(await handle.result()).toBe('paid 7')
  expect(await ended()).toEqual({ state: 'EXECUTED', started: 2 })
})

test('a gate waits for a week on a timer of the server, without a worker and through a power cut', async () => {
  const doomed = await startWorker()
  const options = { taskQueue, workflowId: `release-${taskQueue}`, args: ['2.0.0', trust] }
  const handle = await client.workflow.start('release', options)
  const request = await until(
    async () => (await system.approvals.inbox({ actor: alice }))[0],
    'a request',
  )
  const seconds = await until(async () => {
    const { events } = await handle.fetchHistory()
    const timer = events?.find((event) => event.timerStartedEventAttributes)
    return timer?.timerStartedEventAttributes?.startToFireTimeout?.seconds
  }, 'the timer')
  expect(Number(seconds)).toBeGreaterThan(6.9 * 86_400)
  doomed.child.kill('SIGKILL')
  await server.crash()
  await server.restart()
  await system.approvals.decide({ requestId: request.id, decision: 'approve', actor: alice })
  await startWorker()
  expect(await handle.result()).toMatchObject({
    status: 'approved',
    decision: { requestId: request.id, reviewer: { id: 'alice' } },
  })
})
