import { createMemoryStore } from '@loop-engine/sdk'
import { InMemoryTransport } from '@modelcontextprotocol/client'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { alice, call, clerk, connectTo, openDesk, type Desk } from './desk.fixture.ts'

let desk: Desk
beforeEach(async () => {
  desk = await openDesk()
})
afterEach(() => desk.close())

test('lists are given in pages that a client walks through', async () => {
  const { engine } = desk.system
  for (let more = 3; more <= 7; more += 1)
    await engine.start({ loopId: 'purchase', aggregateId: `PO-${more}`, actor: clerk })
  const client = await connectTo(desk.mcp)

  const seen: string[] = []
  for (let cursor: string | undefined, pages = 0; pages < 4; pages += 1) {
    const { data } = await call(client, 'list_runs', { loopId: 'purchase', limit: 2, cursor })
    seen.push(...data.items.map((run: { aggregateId: string }) => run.aggregateId))
    cursor = data.cursor
  }
  const strange = await call(client, 'list_loops', { cursor: 'x' })

  expect(seen.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7].map((number) => `PO-${number}`))
  expect(strange.data.error).toMatchObject({ code: 'invalid_input', path: '/cursor' })
})

test('history is given in pages, and its newest entries as a timeline', async () => {
  const { engine } = desk.system
  for (let more = 0; more < 60; more += 1) {
    await engine.suspend({ aggregateId: 'PO-1', actor: alice, reason: 'wait' })
    await engine.resume({ aggregateId: 'PO-1', actor: alice, reason: 'go' })
  }
  const client = await connectTo(desk.mcp)

  const first = await call(client, 'get_history', { aggregateId: 'PO-1', limit: 50 })
  const last = await call(client, 'get_history', { aggregateId: 'PO-1', from: 101, limit: 50 })
  const { contents } = await client.readResource({ uri: 'loop-engine://runs/PO-1/timeline' })

  expect(first.data.items).toHaveLength(50)
  expect(first.data.next).toBe(51)
  expect(last.data.items).toHaveLength(21)
  expect(last.data.next).toBeUndefined()
  expect(JSON.stringify(contents).match(/suspended/g)).toHaveLength(50)
})

test('the rest of a history that retention has shortened is given once', async () => {
  const store = createMemoryStore()
  let oldest = 1
  const retained = await openDesk(undefined, {
    ...store,
    entries: (tenant, runId, range) =>
      store.entries(tenant, runId, { ...range, from: Math.max(oldest, range?.from ?? 1) }),
  })
  for (let more = 0; more < 3; more += 1) {
    const target = { aggregateId: 'PO-1', actor: alice }
    await retained.system.engine.suspend({ ...target, reason: 'wait' })
    await retained.system.engine.resume({ ...target, reason: 'go' })
  }
  oldest = 4
  const client = await connectTo(retained.mcp)

  const first = await call(client, 'get_history', { aggregateId: 'PO-1', limit: 2 })
  const last = await call(client, 'get_history', { aggregateId: 'PO-1', from: first.data.next })
  await retained.close()

  const seen = [...first.data.items, ...last.data.items]
  expect(seen.map(({ seq }: { seq: number }) => seq)).toEqual([4, 5, 6, 7])
})

test('a run that is suspended needs attention', async () => {
  await desk.system.engine.suspend({ aggregateId: 'PO-2', actor: alice, reason: 'Ask me first' })
  const client = await connectTo(desk.mcp)

  const { data } = await call(client, 'list_exceptions', { kind: 'suspended_runs' })

  expect(data.items).toMatchObject([{ run: { aggregateId: 'PO-2', status: 'suspended' } }])
})

test('a connection tells when its client has disconnected, so that a program can end', async () => {
  const [near, far] = InMemoryTransport.createLinkedPair()
  const { closed } = desk.mcp.connect(far)

  await near.close()

  await expect(closed).resolves.toBeUndefined()
})
