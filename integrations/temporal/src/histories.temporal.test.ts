import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { byFinance, openBench } from './bench.fixture.ts'
import { checkHistory } from './histories.fixture.ts'
import { alice, askToPay, openLoopBench } from './loop-bench.fixture.ts'
import { until } from './until.fixture.ts'

const gates = { release: { approval: byFinance } }
const version = { version: '2.0.0' }

let server: TemporalServer
beforeAll(async () => {
  server = await startTemporal()
})
afterAll(() => server.stop())

test('the history of a governed payment that waited for a person replays', async () => {
  const activities = { pay: { approval: byFinance } }
  const bench = await openBench(server, { plugin: { activities } })
  const handle = await bench.start('payment', { to: 'bob', amount: 500 })
  await bench.decide('approve')
  expect(await handle.result()).toBe('paid')
  await checkHistory('payment', await handle.fetchHistory())
  await bench.close()
})

test('the histories of gates replay, whether continued as new or not', async () => {
  const bench = await openBench(server, { plugin: { gates } })
  const { client, trust } = bench
  for (const workflow of ['release', 'renewed']) {
    const handle = await bench.start(workflow, version, trust)
    const firstExecutionRunId = (await handle.describe()).runId
    if (workflow === 'renewed')
      await until(
        async () => (await handle.describe()).runId !== firstExecutionRunId,
        'the next run',
      )
    await bench.decide('approve')
    expect(await handle.result()).toMatchObject({ status: 'approved' })
    const first = client.workflow.getHandle(handle.workflowId, firstExecutionRunId)
    await checkHistory(workflow, await first.fetchHistory())
    if (workflow === 'renewed')
      await checkHistory(
        'renewed-2',
        await client.workflow.getHandle(handle.workflowId).fetchHistory(),
      )
  }
  await bench.close()
})

test('the history of a gate that got its decision from the worker replays', async () => {
  const reminded = { release: { approval: { ...byFinance, remindEvery: '2s' } } }
  const bench = await openBench(server, { plugin: { gates: reminded }, sink: false })
  const handle = await bench.start('release', version, bench.trust)
  await bench.decide('approve')
  expect(await handle.result()).toMatchObject({ status: 'approved' })
  await checkHistory('release-told', await handle.fetchHistory())
  await bench.close()
})

test('the history of a gate whose workflow was cancelled replays', async () => {
  const bench = await openBench(server, { plugin: { gates } })
  const handle = await bench.start('release', version, bench.trust)
  await until(
    async () =>
      (await handle.fetchHistory()).events?.some((event) => event.timerStartedEventAttributes) ===
      true,
    'the gate',
  )
  await handle.cancel()
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
  await checkHistory('release-cancelled', await handle.fetchHistory())
  await bench.close()
})

test('the history of an instance with a command, a decision and an effect replays', async () => {
  const bench = await openLoopBench(server)
  const { client, system, taskQueue } = bench
  const requestId = await askToPay(system, 'a')
  await system.approvals.decide({ requestId, decision: 'approve', actor: alice })
  const handle = client.workflow.getHandle(`loop/${taskQueue}/default/a`)
  await handle.result()
  expect(await system.engine.get({ aggregateId: 'a' })).toMatchObject({ currentState: 'PAID' })
  await checkHistory('instance', await handle.fetchHistory())
  await bench.close()
})
