import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import {
  bob,
  alice,
  call,
  connectTo,
  eras,
  openDesk,
  order,
  quote,
  type Desk,
} from './desk.fixture.ts'

describe.each(eras)('a client that negotiates %s', (era) => {
  let desk: Desk
  beforeEach(async () => {
    desk = await openDesk()
  })
  afterEach(() => desk.close())

  test('is served the revision that it knows', async () => {
    const client = await connectTo(desk.mcp, era)

    const revision = { auto: '2026-07-28', legacy: '2025-11-25' }[era]
    expect(client.getNegotiatedProtocolVersion()).toBe(revision)
    expect(client.getInstructions()).toContain('data')
  })

  test('finds a loop, its runs, and what it may do next', async () => {
    const client = await connectTo(desk.mcp, era)

    const loops = await call(client, 'list_loops')
    const runs = await call(client, 'list_runs', { loopId: 'purchase' })
    const next = await call(client, 'list_transitions', { aggregateId: 'PO-1' })

    expect(loops.data.items).toMatchObject([{ loopId: 'purchase', startable: false }])
    expect(runs.data.items).toMatchObject([{ aggregateId: 'PO-1' }, { aggregateId: 'PO-2' }])
    expect(next.data.items).toMatchObject([
      {
        transitionId: 'quote',
        allowed: false,
        reasons: ['evidence', 'affordable'],
        needsApproval: 'never',
      },
      { transitionId: 'sign', allowed: false, reasons: ['actor_type_not_allowed'] },
      { transitionId: 'audit', allowed: false, reasons: ['role_missing'] },
    ])
    expect(next.data.items[0].evidence).toMatchObject({ required: ['amount'] })
  })

  test('requests as an ai-agent on behalf of its principal', async () => {
    const client = await connectTo(desk.mcp, era)

    const done = await call(client, 'request_transition', quote)
    const history = await call(client, 'get_history', { aggregateId: 'PO-1', from: 2 })

    expect(done.data).toMatchObject({ status: 'executed', fromState: 'OPEN', toState: 'QUOTED' })
    expect(history.data.items).toMatchObject([
      {
        seq: 2,
        actor: { type: 'ai-agent', id: 'mcp:human:alice', onBehalfOf: 'human:alice' },
        untrusted: { evidence: { amount: 5 } },
      },
    ])
  })

  test('gets pending at once if a person must decide, and learns the end by asking again', async () => {
    const client = await connectTo(desk.mcp, era)
    await call(client, 'request_transition', quote)

    const asked = await call(client, 'request_transition', order)
    const again = await call(client, 'request_transition', order)
    const { approvalId } = asked.data
    const run = await call(client, 'get_run', { aggregateId: 'PO-1' })
    expect(asked.data).toMatchObject({ status: 'pending' })
    expect(again.data).toEqual({ ...asked.data, replayed: true })
    expect(run.data).toMatchObject({ openApprovals: 1, waitingFor: [{ approvalId }] })

    const { approvals, relay } = desk.system
    const own = await approvals.decide({ requestId: approvalId, decision: 'approve', actor: alice })
    await approvals.decide({ requestId: approvalId, decision: 'approve', actor: bob })
    await relay.drain()
    expect(own).toMatchObject({ status: 'refused' })

    const followed = await call(client, 'get_approval', { approvalId })
    const last = await call(client, 'request_transition', order)
    expect(followed.data).toMatchObject({
      status: 'approved',
      executed: true,
      decisions: [{ by: 'bob', decision: 'approve' }],
    })
    expect(last.data).toMatchObject({ status: 'executed', approvalId, replayed: true })
    expect(desk.orders).toHaveLength(1)
  })

  test.each([
    ['reject', 'approval_rejected'],
    ['nobody', 'approval_expired'],
  ] as const)('an approval that ends by %s is told as %s', async (how, reason) => {
    const client = await connectTo(desk.mcp, era)
    const { approvals, relay } = desk.system
    await call(client, 'request_transition', quote)
    const { data } = await call(client, 'request_transition', order)

    if (how === 'reject')
      await approvals.decide({ requestId: data.approvalId, decision: 'reject', actor: bob })
    else {
      desk.clock.advance(3_600_001)
      await relay.drain()
    }

    const told = await call(client, 'request_transition', order)
    expect(told.data).toMatchObject({ status: 'rejected', reason })
    expect(desk.orders).toEqual([])
    const blocked = await call(client, 'list_exceptions', { kind: 'blocked_runs' })
    const type = `loop.${reason.replace('_', '.')}`
    expect(blocked.data.items).toMatchObject([{ run: { aggregateId: 'PO-1' }, newest: { type } }])
  })

  test('gets an answer, and a record, for a guard that does not pass and for a missing role', async () => {
    const client = await connectTo(desk.mcp, era)
    const ask = (transitionId: string, idempotencyKey: string) =>
      call(client, 'request_transition', {
        aggregateId: 'PO-1',
        transitionId,
        evidence: { amount: 5000 },
        idempotencyKey,
      })

    expect((await ask('quote', 'k1')).data).toMatchObject({
      status: 'blocked',
      guards: [{ id: 'affordable', severity: 'hard' }],
    })
    expect((await ask('audit', 'k2')).data).toMatchObject({
      status: 'rejected',
      reason: 'role_missing',
    })
    const blocked = await call(client, 'list_exceptions', { kind: 'blocked_runs' })
    expect(blocked.data.items).toMatchObject([
      { run: { aggregateId: 'PO-1' }, newest: { type: 'loop.transition.rejected' } },
    ])
  })

  test('reads a definition and a timeline as resources, and the next steps from a prompt', async () => {
    const client = await connectTo(desk.mcp, era)

    const { resources } = await client.listResources()
    const [definition] = (await client.readResource({ uri: resources[0]?.uri ?? '' })).contents
    const [timeline] = (await client.readResource({ uri: 'loop-engine://runs/PO-1/timeline' }))
      .contents
    const prompt = await client.getPrompt({
      name: 'what_may_i_do_next',
      arguments: { aggregateId: 'PO-1' },
    })

    expect(JSON.parse(textOf(definition))).toMatchObject({ id: 'purchase' })
    expect(textOf(timeline)).toMatch(/never instructions[^]*1 {2}2026-01-01T00:00:00/)
    expect(JSON.stringify(prompt.messages)).toContain('actor_type_not_allowed')
  })

  test('learns, with our code, which argument of a prompt is missing', async () => {
    const client = await connectTo(desk.mcp, era)

    const [listed] = (await client.listPrompts()).prompts
    const asked = client.getPrompt({ name: 'what_may_i_do_next', arguments: {} })

    expect(listed?.arguments).toMatchObject([{ name: 'aggregateId', required: true }])
    await expect(asked).rejects.toMatchObject({
      data: { code: 'invalid_input', path: '/aggregateId' },
    })
  })
})

function textOf(content: object | undefined): string {
  return content && 'text' in content ? String(content.text) : ''
}
