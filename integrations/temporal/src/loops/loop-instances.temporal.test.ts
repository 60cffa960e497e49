import { createSecretKey } from 'node:crypto'

import type { LoopStore } from '@loop-engine/core'
import { createMemoryStore } from '@loop-engine/sdk'
import { startTemporal, type TemporalServer } from '@loop-engine/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { checkHistory } from '../histories.fixture.ts'
import {
  agent,
  alice,
  askToPay,
  historyKeys,
  openLoopBench,
  type LoopBench,
} from '../loop-bench.fixture.ts'
import { until } from '../until.fixture.ts'

const eventsOfARun = 40

let server: TemporalServer
beforeAll(async () => {
  server = await startTemporal({
    settings: { 'limit.historyCount.suggestContinueAsNew': eventsOfARun },
  })
})
afterAll(() => server.stop())

type Claims = Parameters<LoopStore['claim']>[0][]

/** A store that remembers each request for a lease, and the items that it leased. */
function watched(): { store: LoopStore; asked: Claims; strays: string[] } {
  const inner = createMemoryStore()
  const asked: Claims = []
  const strays: string[] = []
  const store: LoopStore = {
    ...inner,
    async claim(query) {
      asked.push(query)
      const claims = await inner.claim(query)
      for (const { aggregateId } of claims)
        if (query.instance && aggregateId !== query.instance.aggregateId) strays.push(aggregateId)
      return claims
    },
  }
  return { store, asked, strays }
}

test('the workflow of an instance delivers its own items, and asks for no others', async () => {
  const { store, asked, strays } = watched()
  let hold: (() => void) | undefined
  const held = new Promise<void>((resolve) => (hold = resolve))
  const bench = await openLoopBench(server, {
    store,
    sweepMs: 3_600_000,
    pay: async (input) => ((input as { iban: string }).iban === 'slow' ? held : undefined),
  })
  const { system, paid } = bench
  await until(async () => asked.length > 0, 'the sweeper')
  const first = asked.length
  for (const [id, iban] of [
    ['slow', 'slow'],
    ['quick', 'quick'],
  ] as const) {
    const requestId = await askToPay(system, id, { iban })
    await system.approvals.decide({ requestId, decision: 'approve', actor: alice })
    await until(async () => paid.length === (id === 'slow' ? 1 : 2), 'the bank')
  }
  const state = async (aggregateId: string) =>
    (await system.engine.get({ aggregateId }))?.currentState
  await until(async () => (await state('quick')) === 'PAID', 'the quick one')
  expect(await state('slow')).toBe('PAYING')
  hold?.()
  await until(async () => (await state('slow')) === 'PAID', 'the slow one')
  await bench.close()

  const own = asked.slice(first).map(({ instance }) => instance?.aggregateId)
  expect(new Set(own)).toEqual(new Set(['slow', 'quick']))
  expect(strays).toEqual([])
  // Nothing was due meanwhile: a workflow asks when its timers fire, and does not poll.
  expect(own.length).toBeLessThan(20)
})

async function runsOf({ client, taskQueue }: LoopBench, aggregateId: string): Promise<string> {
  const workflow = client.workflow.getHandle(`loop/${taskQueue}/default/${aggregateId}`)
  return (await workflow.describe()).runId
}

test('a workflow that continues as new keeps open requests, due times and idempotency keys', async () => {
  const bench = await openLoopBench(server)
  const { system, client, taskQueue } = bench
  const { engine, approvals } = system
  const requestId = await askToPay(system, 'long')
  const first = await runsOf(bench, 'long')
  const chatter = (index: number) => ({
    requestId,
    decision: 'approve' as const,
    actor: { type: 'human' as const, id: `stranger-${index}` },
    idempotencyKey: `try ${index}`,
  })
  let tries = 0
  const runs = new Set([first])
  while (runs.size < 3) {
    expect(await approvals.decide(chatter(tries++))).toMatchObject({ reason: 'not_entitled' })
    runs.add(await runsOf(bench, 'long'))
    expect(tries).toBeLessThan(60)
  }
  const young = client.workflow.getHandle(`loop/${taskQueue}/default/long`)
  const { events } = await young.fetchHistory()
  const started = events?.[0]?.workflowExecutionStartedEventAttributes
  expect(started?.continuedExecutionRunId).toBeTruthy()
  const [payload] = started?.input?.payloads ?? []
  const carried = JSON.parse(Buffer.from(payload?.data ?? []).toString()) as object
  const request = await approvals.get({ id: requestId })
  expect(carried).toMatchObject({ timersAt: [request?.expiresAt], aggregateId: 'long' })

  // The key of the first run still gets its answer, even without the shortcut in this process.
  const before = (await Array.fromAsync(engine.history({ aggregateId: 'long' }))).length
  const again = { aggregateId: 'long', transitionId: 'pay', actor: agent }
  const repeated = { ...again, evidence: { iban: 'DE00' }, idempotencyKey: 'pay long' }
  expect(await engine.transition(repeated)).toMatchObject({ approvalId: requestId, replayed: true })
  const elsewhere = await openLoopBench(server, {
    client,
    taskQueue,
    historyKeys,
    store: {
      ...bench.store,
      idempotency: async () => null,
      open: async () => {},
      close: async () => {},
    },
  })
  expect(await elsewhere.system.engine.transition(repeated)).toMatchObject({
    approvalId: requestId,
    replayed: true,
  })
  await elsewhere.close()
  expect(await Array.fromAsync(engine.history({ aggregateId: 'long' }))).toHaveLength(before)

  const decided = await approvals.decide({ requestId, decision: 'approve', actor: alice })
  expect(decided).toMatchObject({ status: 'executed' })
  await young.result()
  expect(bench.paid).toHaveLength(1)
  for (const runId of runs) {
    const run = client.workflow.getHandle(`loop/${taskQueue}/default/long`, runId)
    const name = runId === first ? 'instance-long' : 'instance-renewed'
    await checkHistory(name, await run.fetchHistory())
  }
  await bench.close()
})

test('a worker that does not have the key refuses, and says why', async () => {
  const stranger = await openLoopBench(server)
  const { client, taskQueue } = stranger
  const other = await openLoopBench(server, {
    client,
    connection: undefined,
    taskQueue,
    historyKeys: [{ keyId: 'k9', key: createSecretKey(Buffer.alloc(32, 'other')) }],
  })
  await expect(
    other.system.engine.start({ loopId: 'payment', aggregateId: 'a', actor: agent }),
  ).rejects.toMatchObject({ code: 'auth' })
  const workflow = client.workflow.getHandle(`loop/${taskQueue}/default/a`)
  await workflow.result() // It ends: there is no instance to wait for.
  expect(await stranger.system.engine.get({ aggregateId: 'a' })).toBeNull()
  await other.close()
  await stranger.close()
})
