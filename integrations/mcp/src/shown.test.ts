import { afterEach, expect, test } from 'vitest'

import {
  alice,
  bob,
  call,
  connectTo,
  openDesk,
  order,
  purchase,
  quote,
  type Desk,
} from './desk.fixture.ts'

let desk: Desk
afterEach(() => desk.close())

test('a history shows which guards objected, who is asked, and what runs', async () => {
  desk = await openDesk()
  const client = await connectTo(desk.mcp)
  const tooMuch = { ...quote, evidence: { amount: 5000 }, idempotencyKey: 'k0' }
  for (const input of [tooMuch, quote, order]) await call(client, 'request_transition', input)
  const [request] = await desk.system.approvals.inbox({ actor: bob })
  const { id: requestId = '' } = request ?? {}
  await desk.system.approvals.decide({ requestId, decision: 'approve', actor: bob })

  const { data } = await call(client, 'get_history', { aggregateId: 'PO-1' })

  expect(data.items).toMatchObject([
    {},
    { failedGuards: [{ id: 'affordable', severity: 'hard', why: 'Too much.' }] },
    {},
    { approvalId: requestId },
    {},
    { effect: 'shop.order' },
  ])
})

test('a request that was approved but blocked by a guard is shown as blocked', async () => {
  desk = await openDesk({
    approvals: {
      async get(query) {
        const request = await desk.system.approvals.get(query)
        return request && { ...request, status: 'approved', executedBy: null }
      },
      find: async () => ({ items: [] }),
    },
  })
  const client = await connectTo(desk.mcp)
  await call(client, 'request_transition', quote)

  const { data } = await call(client, 'request_transition', order)

  expect(data).toMatchObject({ status: 'blocked', reason: 'blocked_after_approval' })
})

test('a run that failed needs attention', async () => {
  desk = await openDesk()
  await desk.system.engine.fail({ aggregateId: 'PO-2', actor: alice, reason: 'The shop is closed' })
  const client = await connectTo(desk.mcp)

  const { data } = await call(client, 'list_exceptions', { kind: 'failed_runs' })

  expect(data.items).toMatchObject([{ run: { aggregateId: 'PO-2', status: 'failed' } }])
})

test('a run under an older definition is shown without details of the newer definition', async () => {
  desk = await openDesk({ loops: [{ ...purchase, name: 'Purchases' }] })
  const client = await connectTo(desk.mcp)

  const { data } = await call(client, 'list_transitions', { aggregateId: 'PO-1' })

  expect(data.items[0]).toMatchObject({ transitionId: 'quote', to: 'QUOTED' })
  expect(data.items[0]).not.toHaveProperty('evidence')
})

test('a definition that is too long to be read in one piece is refused as too large', async () => {
  const long = 'x'.repeat(300_000)
  desk = await openDesk({ loops: [{ ...purchase, description: long }] })
  const client = await connectTo(desk.mcp)

  const definition = client.readResource({ uri: 'loop-engine://loops/purchase' })

  await expect(definition).rejects.toMatchObject({ data: { code: 'too_large' } })
})
