import { LoopError, type ApprovalRequest } from '@loop-engine/core'
import { verifyStore } from '@loop-engine/observability'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop, type LoopStore } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const payment = defineLoop({
  id: 'payment',
  states: [
    { id: 'OPEN', timeout: { after: '1h', transition: 'lapse' } },
    'PAYING',
    { id: 'PAID', terminal: true },
    { id: 'LAPSED', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [
    { id: 'note', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] },
    {
      id: 'ask',
      from: 'OPEN',
      to: 'OPEN',
      actors: ['ai-agent'],
      approval: {
        reviewers: ['bob'],
        expiresIn: '3h',
        escalate: [
          { after: '1h', reviewers: ['carol'] },
          { after: '2h', reviewers: ['dave'] },
        ],
      },
    },
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      effect: { integration: 'bank', action: 'pay', semantics: 'idempotent', onSuccess: 'paid' },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    {
      id: 'lapse',
      from: 'OPEN',
      to: 'LAPSED',
      actors: ['system'],
      guards: [{ id: 'never', when: 'false' }],
    },
  ],
})

/** Takes some transitions; verify then sees the store with this change by hand. */
async function taken(...transitions: readonly string[]) {
  return takenFrom(Date.UTC(2020, 0, 1), ...transitions)
}

async function takenFrom(startAt: number, ...transitions: readonly string[]) {
  const kept = createMemoryStore()
  const clock = createTestClock(startAt)
  const { engine, relay, approvals } = await createLoopSystem({
    loops: [payment],
    store: kept,
    clock,
    integrations: [
      {
        contract: 'integration/v1',
        name: 'bank',
        actions: { pay: { input: { parse: (value) => value }, run: async () => ({}) } },
      },
    ],
    relay: false,
  })
  const run = { aggregateId: 'order-1', actor: agent }
  await engine.start({ ...run, loopId: 'payment' })
  for (const transitionId of transitions) await engine.transition({ ...run, transitionId })
  const verify = async (change: Partial<LoopStore> = {}) => {
    const store = { ...kept, ...change }
    const { ok, faults } = await verifyStore({ store, tenant: 'default', deep: true })
    return ok ? 'ok' : faults.map(({ seq, message }) => `${seq}: ${message}`)
  }
  /** As if the items whose ids end so were deleted. */
  const without = (end: string): Partial<LoopStore> => ({
    delivery: async (tenant, id) => (id.endsWith(end) ? null : kept.delivery(tenant, id)),
  })
  return { engine, relay, approvals, clock, kept, run, verify, without }
}

test('an honest store shows no finding, whatever waits, was given up or has ended', async () => {
  const { verify, clock, relay, approvals, engine, run } = await taken('note', 'ask')
  expect(await verify()).toBe('ok')
  // The guard is in the way of the timeout, which comes but once.
  clock.advance(3_600_000)
  await relay.drain()
  expect(await verify()).toBe('ok')
  const [request] = (await approvals.find()).items
  await approvals.decide({
    requestId: request?.id ?? '',
    decision: 'approve',
    actor: { type: 'human', id: 'bob' },
  })
  expect(await verify()).toBe('ok')
  await engine.suspend({ ...run, reason: 'look' })
  expect(await verify()).toBe('ok')
  await engine.resume({ ...run, actor: { type: 'human', id: 'bob' }, reason: 'fine' })
  await engine.transition({ ...run, transitionId: 'pay' })
  expect(await verify()).toBe('ok')
  await relay.drain()
  expect(await verify()).toBe('ok')
})

test('verify names an effect whose delivery was deleted', async () => {
  const { verify, kept } = await taken('pay')
  expect(await verify({ delivery: async () => null })).toEqual([
    '2: The effect that the entry orders neither waits nor has an end on record.',
  ])
  const changed: LoopStore['delivery'] = async (...of) => {
    const item = await kept.delivery(...of)
    return item && { ...item, name: 'desk' }
  }
  expect(await verify({ delivery: changed })).toHaveLength(1)
})

test('verify names a state whose timer was deleted', async () => {
  const { verify, without } = await taken('note')
  expect(await verify(without(':timeout'))).toEqual([
    '2: The state that the entry leads to has no timer.',
  ])
})

test('verify names a request that was closed or changed by hand, or that never ends', async () => {
  const { verify, without, kept } = await taken('ask')
  const closed: LoopStore['approval'] = async (...of) => {
    const request = await kept.approval(...of)
    return request && { ...request, status: 'rejected' }
  }
  const gone = '2: The approval that the entry asks for does not wait as the record says.'
  expect(await verify({ approval: closed })).toEqual([gone])
  expect(await verify({ approval: async () => null })).toEqual([gone])
  const eased: LoopStore['approval'] = async (...of) => {
    const request = await kept.approval(...of)
    return request && { ...request, escalated: ['mallory'] }
  }
  expect(await verify({ approval: eased })).toEqual([gone])
  const broken: LoopStore['approval'] = async (...of) => {
    const request = await kept.approval(...of)
    return request && ({ ...request, decisions: null } as unknown as ApprovalRequest)
  }
  expect(await verify({ approval: broken })).toEqual([gone])
  expect(await verify(without('approval-expiry:0'))).toEqual([
    '2: The approval that the entry asks for has no timer that would end it.',
  ])
})

test('verify names a note of the last execution that was deleted or points to an older one', async () => {
  const { verify, kept, run, engine } = await taken('note', 'note')
  const known = '3: The store does not know the entry as the newest of its transition.'
  expect(await verify({ lastExecuted: async () => null })).toEqual([known])
  const { runId = '' } = (await engine.get(run)) ?? {}
  const [, older = null] = await kept.entries('default', runId)
  expect(await verify({ lastExecuted: async () => older })).toEqual([known])
})

test('a run that moves while verify reads it is no finding', async () => {
  const { verify, kept, run, engine } = await taken('pay')
  let calls = 0
  const moving: LoopStore['delivery'] = async () => {
    // It moves before it is looked at again, and then once more.
    if (calls++ < 2) await engine.transition({ ...run, transitionId: 'note' })
    return null
  }
  expect(await verify({ ...kept, delivery: moving })).toBe('ok')
})

test('an escalation that was deleted is named, unless the request has expired', async () => {
  const { verify, without, clock, relay } = await takenFrom(Date.UTC(2999, 0, 1), 'ask')
  clock.advance(3_600_000)
  await relay.drain()
  expect(await verify()).toBe('ok')
  expect(await verify(without('approval-escalation:1'))).toEqual([
    '2: The approval that the entry asks for has no timer for an escalation of its policy.',
  ])
  const past = await taken('ask')
  expect(await past.verify(past.without('approval-escalation:1'))).toBe('ok')
})

test('verify names a run or a waiting request that no list shows', async () => {
  const { verify, kept } = await taken('ask')
  const nothing = async () => ({ items: [] })
  const unlisted: LoopStore['find'] = (query) =>
    query.aggregateId === undefined ? kept.find(query) : nothing()
  expect(await verify({ find: unlisted })).toEqual([
    '2: The run is not found by its key, loop, state and status.',
  ])
  const unlistedRequests: LoopStore['approvals'] = (query) =>
    query.aggregateId === undefined ? kept.approvals(query) : nothing()
  for (const change of [nothing, unlistedRequests])
    expect(await verify({ approvals: change })).toEqual([
      '2: The approval that the entry asks for is not among those that wait.',
    ])
})

test('something that the store cannot read is a finding, and hides no other finding', async () => {
  const { verify, engine, kept } = await taken('note')
  await engine.start({ loopId: 'payment', aggregateId: 'order-2', actor: agent })
  const unreadable = new LoopError('corrupt', 'It was changed.')
  const entries: LoopStore['entries'] = async (...of) => {
    const found = await kept.entries(...of)
    if (found.some(({ body }) => body.includes('order-1'))) throw unreadable
    return found
  }
  expect(await verify({ entries })).toContain('0: It was changed.')
  const fails = async () => {
    throw unreadable
  }
  for (const change of [{ find: fails }, { logHead: fails }, { stops: fails }])
    expect(await verify(change)).toEqual(['0: It was changed.'])
})
