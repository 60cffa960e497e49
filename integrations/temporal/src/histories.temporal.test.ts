import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { defineLoop, type Actor } from '@loop-engine/sdk'
import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { NativeConnection } from '@temporalio/worker'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { openBench } from './bench.fixture.ts'
import { createTemporalLoopSystem } from './index.ts'
import { replay } from './replay.fixture.ts'

let server: TemporalServer
beforeAll(async () => {
  server = await startTemporal()
})
afterAll(() => server.stop())

/** With RECORD_HISTORIES=1 what the server wrote becomes the history that replay.test.ts replays. */
async function check(name: string, history: unknown): Promise<void> {
  const json = historyToJSON(history as Parameters<typeof historyToJSON>[0])
  await replay(JSON.parse(json), name)
  if (process.env['RECORD_HISTORIES'] === undefined) return
  const folder = join(import.meta.dirname, 'histories')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.json`), `${json}\n`)
}

test('a governed payment that waited for a person, as the server wrote it, replays', async () => {
  const approval = { reviewers: ['role:finance'], expiresIn: '2h' }
  const bench = await openBench(server, { plugin: { activities: { pay: { approval } } } })
  const { client, queue } = bench
  const handle = await client.workflow.start('payment', {
    taskQueue: queue,
    workflowId: `payment-${queue}`,
    args: [{ to: 'bob', amount: 500 }],
  })
  await bench.decide('approve')
  expect(await handle.result()).toBe('paid')
  await check('payment', await handle.fetchHistory())
  await bench.close()
})

test('gates, continued as new or not, replay', async () => {
  const approval = { reviewers: ['role:finance'], expiresIn: '2h' }
  const bench = await openBench(server, { plugin: { gates: { release: { approval } } } })
  const { client, queue, trust } = bench
  for (const workflow of ['release', 'renewed']) {
    const handle = await client.workflow.start(workflow, {
      taskQueue: queue,
      workflowId: `${workflow}-${queue}`,
      args: [{ version: '2.0.0' }, trust],
    })
    const { firstExecutionRunId } = handle
    if (workflow === 'renewed') await new Promise((resolve) => setTimeout(resolve, 2000))
    await bench.decide('approve')
    expect(await handle.result()).toMatchObject({ status: 'approved' })
    const first = client.workflow.getHandle(handle.workflowId, firstExecutionRunId)
    await check(workflow, await first.fetchHistory())
    if (workflow === 'renewed')
      await check('renewed-2', await client.workflow.getHandle(handle.workflowId).fetchHistory())
  }
  await bench.close()
})

test('an instance with a command, a decision and an effect replays', async () => {
  const agent: Actor = { type: 'ai-agent', id: 'agent' }
  const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
  const { client, close } = await openBench(server)
  const connection = await NativeConnection.connect({ address: server.address })
  const system = await createTemporalLoopSystem({
    client,
    connection,
    taskQueue: 'histories',
    loops: [
      defineLoop({
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
              semantics: 'idempotent',
              onSuccess: 'paid',
            },
          },
          { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
        ],
      }),
    ],
    integrations: [
      {
        contract: 'integration/v1',
        name: 'bank',
        actions: { pay: { input: { parse: (value) => value }, run: async () => {} } },
      },
    ],
  })
  await system.engine.start({ loopId: 'payment', aggregateId: 'a', actor: agent })
  const asked = await system.engine.transition({
    aggregateId: 'a',
    transitionId: 'pay',
    actor: agent,
  })
  const requestId = asked.status === 'pending_approval' ? asked.approvalId : ''
  await system.approvals.decide({ requestId, decision: 'approve', actor: alice })
  const handle = client.workflow.getHandle('loop/histories/default/a')
  await handle.result()
  expect(await system.engine.get({ aggregateId: 'a' })).toMatchObject({ currentState: 'PAID' })
  await check('instance', await handle.fetchHistory())
  await system.close()
  await connection.close()
  await close()
})
