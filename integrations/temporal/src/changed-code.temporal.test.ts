import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { byFinance, openBench } from './bench.fixture.ts'
import { until } from './until.fixture.ts'

/** WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR */
const nonDeterministic = 24

let server: TemporalServer
beforeAll(async () => {
  server = await startTemporal()
})
afterAll(() => server.stop())

test('a worker with changed code does not pay for a waiting workflow, which goes on with the old code', async () => {
  const activities = { pay: { approval: byFinance } }
  const bench = await openBench(server, { plugin: { activities } })
  const handle = await bench.start('payment', { to: 'bob', amount: 500 })
  await bench.asked()

  await bench.deploy('./changed-workflows.fixture.ts')
  await bench.decide('approve')
  const cause = await until(async () => {
    const { events } = await handle.fetchHistory()
    return events?.findLast((event) => event.workflowTaskFailedEventAttributes)
      ?.workflowTaskFailedEventAttributes?.cause
  }, 'a workflow task that fails')
  expect(cause).toBe(nonDeterministic)
  expect(bench.paid).toEqual([])
  expect((await handle.describe()).status.name).toBe('RUNNING')

  await bench.deploy('./workflows.fixture.ts')
  expect(await handle.result()).toBe('paid')
  expect(bench.paid).toHaveLength(1)
  await bench.close()
})
