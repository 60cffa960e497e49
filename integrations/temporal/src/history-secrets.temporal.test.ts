import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { byFinance, openBench } from './bench.fixture.ts'
import { textsOfHistories } from './histories.fixture.ts'
import { createPayloadCodec } from './index.ts'
import { alice, askToPay, historyKeys, openLoopBench } from './loop-bench.fixture.ts'
import type { SealedCommand } from './loop-commands.ts'
import { until } from './until.fixture.ts'

let server: TemporalServer
// Visibility covers the whole namespace, so each test has a server of its own.
beforeEach(async () => {
  server = await startTemporal()
})
afterEach(() => server.stop())

const secret = 'DE02120300000000202051'
const reason = 'because of Mrs Example'
/** The executions that `list()` finds: the sweeper and the instance. */
const workflows = 2

async function payAndRead(keys?: 'clear'): Promise<string> {
  const bench = await openLoopBench(server, keys && { historyKeys: keys })
  const { system, client, paid } = bench
  const evidence = { iban: secret }
  const requestId = await askToPay(system, 'order-1', evidence)
  const decision = { requestId, decision: 'approve', actor: alice, reason } as const
  expect(await system.approvals.decide(decision)).toMatchObject({ status: 'executed' })
  await until(async () => paid.length > 0, 'the payment')
  await expect(
    system.engine.transition({
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: alice,
      evidence: { iban: `${secret}-2` },
      idempotencyKey: 'refused',
    }),
  ).resolves.toMatchObject({ status: 'rejected' })
  await client.workflow.getHandle(`loop/${bench.taskQueue}/default/order-1`).result()
  await until(
    async () => (await Array.fromAsync(client.workflow.list())).length >= workflows,
    'visibility',
  )
  const texts = await textsOfHistories(client)
  await bench.close()
  expect(paid).toEqual([{ iban: secret }])
  return texts
}

describe('the histories of loops on Temporal', () => {
  test('hold ids and times, and none of the evidence, the actors or the reasons', async () => {
    const texts = await payAndRead()
    expect(texts).toContain('order-1')
    expect(texts).toContain('timersAt')
    for (const hidden of [secret, reason, 'evidence', 'alice', 'finance', 'PAYING'])
      expect(texts).not.toContain(hidden)
  })

  test('hold all of it with clear, which shows that the test above can see', async () => {
    const texts = await payAndRead('clear')
    for (const shown of [secret, reason, 'alice']) expect(texts).toContain(shown)
  })
})

test('a command that somebody else puts into Temporal is denied', async () => {
  const { system, client, taskQueue, close } = await openLoopBench(server)
  const requestId = await askToPay(system, 'order-1')
  const workflow = client.workflow.getHandle(`loop/${taskQueue}/default/order-1`)
  const { events } = await workflow.fetchHistory()
  const accepted = events?.flatMap(
    ({ workflowExecutionUpdateAcceptedEventAttributes: update }) => update?.acceptedRequest ?? [],
  )
  // The id of an update has the idempotency key, and a tag that tells commands with the same key apart.
  expect(accepted?.map(({ meta }) => meta?.updateId)).toEqual([
    expect.stringMatching(`^loop/${taskQueue}/default/order-1/[\\da-f-]{36}/[\\da-f]{64}$`),
    expect.stringMatching(/^pay order-1\/[\da-f]{64}$/),
  ])
  const sealed = accepted?.[0]?.input?.args?.payloads?.[0]?.data
  const genuine = JSON.parse(Buffer.from(sealed ?? []).toString()) as SealedCommand
  const forged: readonly unknown[] = [
    // The command as it would be if it were not sealed.
    { ...genuine, do: 'decide', sealed: { requestId, decision: 'approve', actor: alice } },
    { ...genuine, do: 'decide' },
    { ...genuine, aggregateId: 'order-2' },
  ]
  for (const command of forged)
    await expect(
      workflow.executeUpdate('loopEngineCommand', { args: [command] }),
    ).rejects.toMatchObject({
      cause: { cause: { type: 'LoopEngine.Denied', details: [{ reason: 'not_sealed' }] } },
    })
  expect(await system.approvals.get({ id: requestId })).toMatchObject({ status: 'pending' })
  expect(await system.engine.get({ aggregateId: 'order-2' })).toBeNull()
  await close()
})

test('the plugin works under a payload codec, which hides the payloads of your own workflows', async () => {
  const governed = { approval: byFinance }
  const bench = await openBench(server, {
    plugin: { activities: { pay: governed }, gates: { release: governed } },
    dataConverter: { payloadCodecs: [createPayloadCodec({ historyKeys })] },
  })
  const { client, trust, paid } = bench
  const paying = await bench.start('payment', { to: secret, amount: 500 })
  await bench.decide('approve')
  expect(await paying.result()).toBe('paid')
  const releasing = await bench.start('release', { version: secret }, trust)
  await bench.decide('approve')
  expect(await releasing.result()).toMatchObject({ status: 'approved' })
  expect(paid).toMatchObject([{ to: secret }])

  await until(
    async () => (await Array.fromAsync(client.workflow.list())).length >= workflows,
    'visibility',
  )
  const texts = await textsOfHistories(client)
  await bench.close()
  expect(texts).toContain('binary/loop-engine-sealed')
  expect(texts).not.toContain(secret)
  expect(texts).not.toContain('alice')
})
