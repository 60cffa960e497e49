import { createPostgresStore } from '@loop-engine/integration-postgres'
import { createLoopSystem, type LoopSystem } from '@loop-engine/sdk'
import { startPostgres, startTemporal, type TemporalServer } from '@loop-engine/testing'
import { Client, Connection } from '@temporalio/client'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'

import { layWire } from './cut.ts'
import { agent, alice, bankOf, deskLoop, openDesk, violationsOf } from './desk.ts'
import { startWorkerProcess, until, type WorkerProcess } from './worker-process.ts'

let server: TemporalServer
let postgres: Awaited<ReturnType<typeof startPostgres>>
let schema: string
let desk: LoopSystem
let client: Client
let queue: string
let count = 0

beforeAll(async () => {
  ;[server, postgres] = await Promise.all([startTemporal({ durable: true }), startPostgres()])
  client = new Client({ connection: await Connection.connect({ address: server.address }) })
})
beforeEach(async () => {
  schema = postgres.schema()
  queue = `survival-${++count}`
  desk = await openDesk(place())
})
afterEach(() => desk.close())
afterAll(async () => {
  await client.connection.close()
  await server.stop()
  await postgres.stop()
})

function place() {
  return { client, url: postgres.url, schema, taskQueue: queue, pay: async () => {} }
}

async function startWorker(trouble = '', address = server.address): Promise<WorkerProcess> {
  return startWorkerProcess([address, postgres.url, schema, queue, trouble])
}

async function ask(aggregateId: string, transitionId = 'pay'): Promise<string> {
  await desk.engine.start({ loopId: deskLoop.id, aggregateId, actor: agent })
  const asked = await desk.engine.transition({
    aggregateId,
    transitionId,
    actor: agent,
    evidence: { amount: 7 },
  })
  return asked.status === 'pending_approval' ? asked.approvalId : asked.status
}

async function reaches(aggregateId: string, state: string): Promise<void> {
  await until(
    async () => (await desk.engine.get({ aggregateId }))?.currentState === state,
    `${aggregateId} to be ${state}`,
  )
}

const violations = (): Promise<readonly unknown[]> => violationsOf(postgres.url, schema)

test('timers of a workflow deliver effects, and expire requests that nobody decided', async () => {
  const worker = await startWorker()
  const [first] = await Promise.all([ask('a'), ask('b', 'pay-within-seconds')])
  await desk.approvals.decide({ requestId: first ?? '', decision: 'approve', actor: alice })
  await reaches('a', 'PAID')
  await reaches('b', 'WITHDRAWN')
  expect(worker.lines.filter((line) => line.startsWith('paying'))).toHaveLength(1)
  for (const id of ['a', 'b']) {
    const handle = client.workflow.getHandle(`loop/${queue}/default/${id}`)
    await until(async () => (await handle.describe()).status.name === 'COMPLETED', 'the end')
  }
  expect(await violations()).toEqual([])
})

test('when a worker is killed in the middle of an effect, the effect is repeated with the same key, and nothing is lost', async () => {
  const doomed = await startWorker('hangs')
  const requestId = await ask('a')
  await desk.approvals.decide({ requestId, decision: 'approve', actor: alice })
  const paying = await doomed.said('paying')
  doomed.child.kill('SIGKILL')
  const heir = await startWorker()
  await reaches('a', 'PAID')
  expect((await heir.said('paying')).split(' ')[1]).toBe(paying.split(' ')[1])
  expect(await violations()).toEqual([])
})

test('when a history is lost, the next command starts the workflow again from the ledger', async () => {
  await startWorker()
  const requestId = await ask('a')
  await client.workflow.getHandle(`loop/${queue}/default/a`).terminate('a drill')
  await desk.approvals.decide({ requestId, decision: 'approve', actor: alice, idempotencyKey: 'k' })
  await reaches('a', 'PAID')
  const again = { requestId, decision: 'approve', actor: alice, idempotencyKey: 'k' } as const
  expect(await desk.approvals.decide(again)).toMatchObject({ status: 'executed', replayed: true })
  expect(await violations()).toEqual([])
})

test('when a worker is killed between a commit and its answer, the repeated command finds the answer', async () => {
  const doomed = await startWorker('falls silent')
  const requestId = await ask('a')
  const decided = desk.approvals.decide({ requestId, decision: 'approve', actor: alice })
  await doomed.said('committed')
  doomed.child.kill('SIGKILL')
  const heir = await startWorker()
  expect(await decided).toMatchObject({ status: 'executed', replayed: true })
  await reaches('a', 'PAID')
  expect(heir.lines.filter((line) => line.startsWith('paying'))).toHaveLength(1)
  const records = await Array.fromAsync(desk.engine.history({ aggregateId: 'a' }))
  const approved = records.filter(({ entry }) => entry.type === 'loop.approval.approved')
  expect(approved).toHaveLength(1)
  // The key that nobody gave: the workflow and the step in it.
  const keys = records.flatMap(({ entry }) => entry.idempotencyKey ?? [])
  expect(new Set(keys).size).toBe(2) // of the request, and of the decision
  for (const key of keys) expect(key).toMatch(`loop/${queue}/default/a/`)
  expect(await violations()).toEqual([])
})

test('a cut between worker and server delays commands, and loses or doubles none', async () => {
  const wire = await layWire(server.address)
  const worker = await startWorker('', wire.address)
  const requestId = await ask('a')
  wire.cut()
  const decided = desk.approvals.decide({
    requestId,
    decision: 'approve',
    actor: alice,
    idempotencyKey: 'k',
  })
  await until(async () => wire.tried() > 2, 'a worker that notices')
  expect(await desk.approvals.get({ id: requestId })).toMatchObject({ status: 'pending' })
  wire.mend()
  expect(await decided).toMatchObject({ status: 'executed' })
  await reaches('a', 'PAID')
  expect(worker.lines.filter((line) => line.startsWith('paying'))).toHaveLength(1)
  expect(await violations()).toEqual([])
  worker.child.kill('SIGKILL')
  await wire.close()
})

test('a cut in the middle of an effect loses only the report, which is in the ledger', async () => {
  const wire = await layWire(server.address)
  const worker = await startWorker('waits', wire.address)
  const requestId = await ask('a')
  await desk.approvals.decide({ requestId, decision: 'approve', actor: alice })
  await worker.said('paying')
  wire.cut()
  worker.goOn()
  await worker.said('paid')
  await reaches('a', 'PAID')
  await until(async () => wire.tried() > 0, 'a worker that notices')
  wire.mend()
  const workflow = client.workflow.getHandle(`loop/${queue}/default/a`)
  await workflow.result()
  expect(worker.lines.filter((line) => line.startsWith('paying'))).toHaveLength(1)
  expect(await violations()).toEqual([])
  worker.child.kill('SIGKILL')
  await wire.close()
})

test('the sweeper finds what was committed without Temporal', async () => {
  queue = `${queue}-swept`
  await (await openDesk({ ...place(), sweepMs: 500 })).close()
  await startWorker()
  const store = createPostgresStore({ connectionString: postgres.url, schema })
  const plain = await createLoopSystem({
    loops: [deskLoop],
    store,
    integrations: [bankOf(async () => {})],
    relay: false,
  })
  await plain.engine.start({ loopId: deskLoop.id, aggregateId: 'a', actor: agent })
  await plain.engine.transition({
    aggregateId: 'a',
    transitionId: 'pay-within-seconds',
    actor: agent,
    evidence: { amount: 7 },
  })
  await reaches('a', 'WITHDRAWN')
  await plain.close()
  expect(await violations()).toEqual([])
})

test('a server goes on where it was after a power cut', async () => {
  await startWorker()
  const requestId = await ask('a')
  await server.crash()
  await server.restart()
  await desk.approvals.decide({ requestId, decision: 'approve', actor: alice, idempotencyKey: 'k' })
  await reaches('a', 'PAID')
  expect(await violations()).toEqual([])
})
