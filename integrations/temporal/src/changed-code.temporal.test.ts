import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openBench } from './bench.fixture.ts'
import { until } from './loop-bench.fixture.ts'

/** WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR */
const nonDeterministic = 24

let server: TemporalServer
beforeAll(async () => {
  server = await startTemporal()
})
afterAll(() => server.stop())

test('a worker with changed code pays nothing for a workflow that waits; with the old code it goes on', async () => {
  const approval = { reviewers: ['role:finance'], expiresIn: '2h' }
  const bench = await openBench(server, { plugin: { activities: { pay: { approval } } } })
  const { client, queue } = bench
  const handle = await client.workflow.start('payment', {
    taskQueue: queue,
    workflowId: `changed-${queue}`,
    args: [{ to: 'bob', amount: 500 }],
  })
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
