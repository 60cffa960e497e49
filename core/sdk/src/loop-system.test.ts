import { canonicalize, type Actor, type Integration, type LoopStore } from '@loop-engine/core'
import { createTestClock, createTestIdentifiers } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import {
  createLoopSystem,
  createMemoryStore,
  defineLoop,
  LoopBuilder,
  type LoopSystem,
} from './index.ts'

const agent: Actor = {
  type: 'ai-agent',
  id: 'agent:refunds',
  onBehalfOf: { type: 'human', id: 'olga' },
}
const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
const bob: Actor = { type: 'human', id: 'bob', roles: ['finance'] }

const refund = defineLoop({
  id: 'support.refund',
  states: [
    { id: 'REQUESTED' },
    { id: 'PAYING' },
    { id: 'PAID', terminal: true },
    { id: 'FAILED', terminal: true, error: true },
    { id: 'DECLINED', terminal: true },
  ],
  initialState: 'REQUESTED',
  transitions: [
    {
      id: 'pay',
      from: 'REQUESTED',
      to: 'PAYING',
      actors: ['ai-agent', 'human'],
      guards: [{ id: 'sure', use: 'confidence-threshold', with: { min: 0.8 } }],
      approval: {
        when: 'evidence.amount > 100',
        reviewers: ['role:finance'],
        expiresIn: '2h',
        onReject: 'decline',
        allow: ['edit', 'delegate'],
      },
      effect: {
        integration: 'bank',
        action: 'pay',
        input: { cents: 'evidence.amount * 100' },
        semantics: 'idempotent',
        onSuccess: 'paid',
        onFailure: 'failed',
      },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    { id: 'failed', from: 'PAYING', to: 'FAILED', actors: ['automation'] },
    { id: 'decline', from: 'REQUESTED', to: 'DECLINED', actors: ['human', 'system'] },
  ],
})

function createBank(): Integration & { payments: { cents: unknown; key: string }[] } {
  const payments: { cents: unknown; key: string }[] = []
  return {
    contract: 'integration/v1',
    name: 'bank',
    payments,
    actions: {
      pay: {
        input: { parse: (value) => value },
        run: async (input, { idempotencyKey }) => {
          const { cents } = input as { cents: unknown }
          if (!payments.some(({ key }) => key === idempotencyKey))
            payments.push({ cents, key: idempotencyKey })
          return { paid: true }
        },
      },
    },
  }
}

async function open(
  store: LoopStore = createMemoryStore(),
): Promise<
  LoopSystem & { bank: ReturnType<typeof createBank>; clock: ReturnType<typeof createTestClock> }
> {
  const bank = createBank()
  const clock = createTestClock()
  const system = await createLoopSystem({
    loops: [refund],
    store,
    integrations: [bank],
    clock,
    ids: createTestIdentifiers(),
    elapsedUs: () => 0,
    relay: false,
  })
  await system.engine.start({ loopId: 'support.refund', aggregateId: 'order-1', actor: agent })
  return { ...system, bank, clock }
}

const small = { amount: 40, confidence: 0.9 }
const large = { amount: 250, confidence: 0.9 }

async function ask(system: LoopSystem, evidence: object = large): Promise<string> {
  const result = await system.engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
    evidence,
  })
  if (result.status !== 'pending_approval') throw new Error(result.status)
  return result.approvalId
}

describe('a transition', () => {
  test('that the policy allows is executed, and its effect runs once with exactly the committed input', async () => {
    const system = await open()
    const result = await system.engine.transition({
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: agent,
      evidence: small,
    })
    expect(result).toMatchObject({ status: 'executed', fromState: 'REQUESTED', toState: 'PAYING' })
    await system.relay.drain()
    await system.relay.drain()
    expect(system.bank.payments).toEqual([{ cents: 4000, key: expect.any(String) }])
    expect(await system.engine.get({ aggregateId: 'order-1' })).toMatchObject({
      currentState: 'PAID',
      status: 'completed',
    })
  })

  test('that a hard guard blocks moves nothing and is on record with the reason', async () => {
    const system = await open()
    const result = await system.engine.transition({
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: agent,
      evidence: { amount: 40, confidence: 0.2 },
    })
    expect(result).toMatchObject({
      status: 'guard_failed',
      reason: 'sure',
      instance: { currentState: 'REQUESTED', version: 2 },
    })
    const items = await Array.fromAsync(system.engine.history({ aggregateId: 'order-1' }))
    expect(items.at(-1)?.entry).toMatchObject({
      type: 'loop.transition.blocked',
      actor: { id: 'agent:refunds' },
      guards: [{ id: 'sure', passed: false }],
    })
  })

  test.each([
    [
      'an actor type that is not allowed',
      { transitionId: 'paid', actor: alice },
      'not_from_this_state',
    ],
    ['an unknown transition', { transitionId: 'explode', actor: alice }, 'unknown_transition'],
    [
      'an agent where only people may',
      { transitionId: 'decline', actor: agent },
      'actor_type_not_allowed',
    ],
  ])('by %s is rejected and recorded', async (_, attempt, reason) => {
    const system = await open()
    const result = await system.engine.transition({ aggregateId: 'order-1', ...attempt })
    expect(result).toMatchObject({ status: 'rejected', reason })
  })

  test('with the same key gets the same answer; another command with the key is refused', async () => {
    const system = await open()
    const command = {
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: agent,
      evidence: small,
      idempotencyKey: 'k1',
    }
    const answers = await Promise.all([
      system.engine.transition(command),
      system.engine.transition(command),
    ])
    // Over a network either may come first.
    const made = answers.find(({ replayed }) => !replayed)
    const again = answers.find(({ replayed }) => replayed)
    expect(again).toMatchObject({ ...JSON.parse(JSON.stringify(made)), replayed: true })
    await expect(system.engine.transition({ ...command, evidence: large })).rejects.toMatchObject({
      code: 'key_mismatch',
    })
  })

  test('cannot be smuggled in by evidence that changes after it was judged', async () => {
    const system = await open()
    let reads = 0
    const evidence = { confidence: 0.9 } as Record<string, unknown>
    Object.defineProperty(evidence, 'amount', {
      enumerable: true,
      get: () => (reads++ === 0 ? 40 : 1_000_000),
    })
    await expect(
      system.engine.transition({
        aggregateId: 'order-1',
        transitionId: 'pay',
        actor: agent,
        evidence,
      }),
    ).rejects.toMatchObject({ code: 'invalid_json', path: '/amount' })
  })
})

describe('an approval', () => {
  test('by an entitled person executes the transition in the commit that records the decision', async () => {
    const system = await open()
    const requestId = await ask(system)
    const decided = await system.approvals.decide({ requestId, decision: 'approve', actor: alice })
    expect(decided).toMatchObject({ status: 'executed', transition: { toState: 'PAYING' } })
    await system.relay.drain()
    expect(system.bank.payments).toMatchObject([{ cents: 25_000 }])
    const types = (await Array.fromAsync(system.engine.history({ aggregateId: 'order-1' }))).map(
      ({ entry }) => entry.type,
    )
    expect(types).toEqual([
      'loop.started',
      'loop.approval.requested',
      'loop.approval.approved',
      'loop.transition.executed',
      'loop.effect.started',
      'loop.effect.succeeded',
      'loop.transition.executed',
    ])
  })

  test.each([
    ['somebody without the role', { type: 'human', id: 'eve', roles: ['support'] }, 'not_entitled'],
    [
      'the person the agent works for',
      { type: 'human', id: 'olga', roles: ['finance'] },
      'requester_cannot_decide',
    ],
    [
      'the same person under another spelling',
      { type: 'human', id: 'user:Olga', roles: ['finance'] },
      'requester_cannot_decide',
    ],
    ['an agent', { type: 'ai-agent', id: 'agent:2', roles: ['finance'] }, 'not_a_person'],
  ] as const)('by %s is refused, and the attempt is on record', async (_, actor, reason) => {
    const system = await open()
    const requestId = await ask(system)
    expect(await system.approvals.decide({ requestId, decision: 'approve', actor })).toMatchObject({
      status: 'refused',
      reason,
    })
    const last = (await Array.fromAsync(system.engine.history({ aggregateId: 'order-1' }))).at(-1)
    expect(last?.entry).toMatchObject({ type: 'loop.approval.decided', reason })
    expect(system.bank.payments).toEqual([])
  })

  test('that is rejected executes nothing, and the policy says where the run goes', async () => {
    const system = await open()
    const requestId = await ask(system)
    expect(
      await system.approvals.decide({ requestId, decision: 'reject', actor: alice, reason: 'no' }),
    ).toMatchObject({ status: 'rejected' })
    await system.relay.drain()
    expect(system.bank.payments).toEqual([])
    expect(await system.engine.get({ aggregateId: 'order-1' })).toMatchObject({
      currentState: 'DECLINED',
    })
  })

  test('that 100 callers request at once executes once', async () => {
    const system = await open()
    const requestId = await ask(system)
    const actors = Array.from({ length: 100 }, (_, index): Actor => ({
      type: 'human',
      id: `person-${index}`,
      roles: ['finance'],
    }))
    const results = await Promise.all(
      actors.map((actor) => system.approvals.decide({ requestId, decision: 'approve', actor })),
    )
    expect(results.filter(({ status }) => status === 'executed')).toHaveLength(1)
    expect(
      results.filter(
        (result) => result.status === 'refused' && result.reason === 'already_decided',
      ),
    ).toHaveLength(99)
  })

  test('that nobody gives expires as its own outcome, in nobody’s name', async () => {
    const system = await open()
    const requestId = await ask(system)
    system.clock.advance(2 * 3_600_000)
    expect(
      await system.approvals.decide({ requestId, decision: 'approve', actor: alice }),
    ).toMatchObject({ status: 'refused', reason: 'expired' })
    expect(await system.approvals.get({ id: requestId })).toMatchObject({
      status: 'expired',
      decisions: [],
    })
  })

  test('expires by the timer without anybody asking', async () => {
    const system = await open()
    const requestId = await ask(system)
    system.clock.advance(2 * 3_600_000)
    await system.relay.drain()
    expect(await system.approvals.get({ id: requestId })).toMatchObject({ status: 'expired' })
  })

  test('of another view or revision is refused', async () => {
    const system = await open()
    const requestId = await ask(system)
    expect(
      await system.approvals.decide({
        requestId,
        decision: 'approve',
        actor: alice,
        viewHash: '0'.repeat(64),
      }),
    ).toMatchObject({ reason: 'view_changed' })
    expect(
      await system.approvals.decide({ requestId, decision: 'approve', actor: alice, revision: 2 }),
    ).toMatchObject({ reason: 'stale_revision' })
  })

  test('of edited evidence runs the edited evidence', async () => {
    const system = await open()
    const requestId = await ask(system)
    const edit = { requestId, decision: 'edit', actor: alice } as const
    await expect(system.approvals.decide(edit)).rejects.toMatchObject({ path: '/edits' })
    const decided = await system.approvals.decide({
      ...edit,
      edits: { amount: 120, confidence: 0.9 },
    })
    expect(decided).toMatchObject({
      status: 'executed',
      request: { revision: 2, view: { effect: { input: { cents: 12_000 } } } },
    })
    await system.relay.drain()
    expect(system.bank.payments).toMatchObject([{ cents: 12_000 }])
  })

  test('is superseded when the run moves another way', async () => {
    const system = await open()
    const requestId = await ask(system)
    await system.engine.transition({ aggregateId: 'order-1', transitionId: 'decline', actor: bob })
    expect(
      await system.approvals.decide({ requestId, decision: 'approve', actor: alice }),
    ).toMatchObject({ status: 'refused', reason: 'superseded' })
    expect(await system.engine.get({ aggregateId: 'order-1' })).toMatchObject({ openApprovals: 0 })
  })

  test('waits: a decision in this process wakes the waiting agent', async () => {
    const system = await open()
    const requestId = await ask(system)
    const waiting = system.approvals.wait({ requestId })
    await system.approvals.decide({ requestId, decision: 'approve', actor: alice })
    expect(await waiting).toMatchObject({ status: 'approved' })
  })
})

describe('a stop', () => {
  test.each([
    ['everything', { everything: true }],
    ['the tenant', { tenant: 'default' }],
    ['the loop', { loopId: 'support.refund' }],
    ['the instance', { aggregateId: 'order-1' }],
    ['the actor', { actorId: 'agent:refunds' }],
    ['the person the agent acts for', { actorId: 'olga' }],
  ] as const)('of %s refuses transitions until a person releases it', async (_, target) => {
    const system = await open()
    const { scope } = await system.engine.stop({ target, actor: agent, reason: 'looks wrong' })
    const attempt = { aggregateId: 'order-1', transitionId: 'pay', actor: agent, evidence: small }
    expect(await system.engine.transition(attempt)).toMatchObject({
      status: 'rejected',
      reason: 'stopped',
    })
    const may = async () => (await system.engine.available(attempt))[0]
    expect(await may()).toMatchObject({ allowed: false, reasons: ['stopped'] })
    await expect(
      system.engine.release({ target, actor: agent, reason: 'me again' }),
    ).rejects.toMatchObject({ code: 'refused' })
    await system.engine.release({ target, actor: alice, reason: 'checked' })
    expect(await may()).toMatchObject({ allowed: true, reasons: [] })
    expect(await system.engine.transition(attempt)).toMatchObject({ status: 'executed' })
    const control = await Array.fromAsync(system.engine.history({ aggregateId: '$control' }))
    expect(control.slice(1).map(({ entry }) => entry)).toMatchObject([
      { type: 'loop.stopped', actor: { id: agent.id }, reason: 'looks wrong', data: { scope } },
      { type: 'loop.released', actor: { id: 'alice' }, reason: 'checked', data: { scope } },
    ])
  })

  test.each([
    { everything: true },
    { loopId: 'support.refund' },
    { aggregateId: 'order-2' },
  ] as const)('of %j lets no run begin', async (target) => {
    const { engine } = await open()
    const { scope } = await engine.stop({ target, actor: alice, reason: 'looks wrong' })
    const order = { loopId: 'support.refund', aggregateId: 'order-2', actor: agent }
    await expect(engine.start(order)).rejects.toMatchObject({
      code: 'stopped',
      details: { scope },
    })
    expect(await engine.get(order)).toBeNull()
  })

  test('is of one tenant, whatever characters its name and the names of others have', async () => {
    const { engine } = await open()
    const run = { tenant: 'acme:eu', aggregateId: 'order-1' }
    await engine.start({ ...run, loopId: refund.id, actor: agent })
    await engine.stop({ target: run, actor: alice, reason: 'looks wrong' })

    const others = { tenant: 'acme', aggregateId: 'eu:order-1' }
    await engine.release({ target: others, actor: bob, reason: 'ours' })

    const attempt = { ...run, transitionId: 'pay', actor: agent, evidence: small }
    expect(await engine.transition(attempt)).toMatchObject({ reason: 'stopped' })
    await engine.release({ target: run, actor: alice, reason: 'checked' })
    expect(await engine.transition(attempt)).toMatchObject({ status: 'executed' })
  })
})

test('a business key that spells the key of another tenant finds nothing', async () => {
  const { engine } = await open()
  const run = { tenant: 'acme', aggregateId: 'order-1' }
  await engine.start({ ...run, loopId: refund.id, actor: agent })
  const attempt = { aggregateId: 'acme\norder-1', transitionId: 'pay', actor: agent }

  await expect(engine.transition({ ...attempt, evidence: small })).rejects.toMatchObject({
    code: 'not_found',
  })
  expect(await engine.get(run)).toMatchObject({ version: 1 })
})

describe('a sealed function', () => {
  const loop = LoopBuilder.create('ops.restart')
    .state('IDLE')
    .state('DONE', { isTerminal: true })
    .initialState('IDLE')
    .transition({ id: 'restart', from: 'IDLE', to: 'DONE', actors: ['ai-agent'] })
    .build()

  test('runs once per receipt, for exactly the licensed input, whatever 100 callers try', async () => {
    const system = await createLoopSystem({ loops: [loop], relay: false })
    await system.engine.start({ loopId: 'ops.restart', aggregateId: 'web-1', actor: agent })
    const ran: unknown[] = []
    const restart = system.engine.seal(
      { loopId: 'ops.restart', transitionId: 'restart' },
      async (input: { host: string }) => ran.push(input),
    )
    const result = await system.engine.transition({
      aggregateId: 'web-1',
      transitionId: 'restart',
      actor: agent,
      evidence: { host: 'web-1' },
    })
    if (result.status !== 'executed') throw new Error(result.status)

    await expect(restart(result.receipt, { host: 'db-1' })).rejects.toMatchObject({
      details: { reason: 'input_mismatch' },
    })
    const forgeries: object[] = [
      { entry: '0'.repeat(64) },
      { seq: result.receipt.seq - 1 },
      { seq: 0 },
      { seq: 1e300 },
      { seq: '2' },
      { runId: 'another' },
      { runId: undefined },
      { tenant: 'another' },
    ]
    for (const forged of forgeries) {
      await expect(
        restart({ ...result.receipt, ...forged }, { host: 'web-1' }),
      ).rejects.toMatchObject({ details: { reason: 'unknown_receipt' } })
    }
    const tries = await Promise.allSettled(
      Array.from({ length: 100 }, () => restart(result.receipt, { host: 'web-1' })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(ran).toEqual([{ host: 'web-1' }])
  })
})

describe('evidence', () => {
  test('is redacted before it is recorded, and stays verifiable', async () => {
    const system = await createLoopSystem({
      loops: [refund],
      integrations: [createBank()],
      relay: false,
      redaction: { paths: ['/card'], patterns: [/sk_live_/] },
    })
    await system.engine.start({ loopId: refund.id, aggregateId: 'order-1', actor: agent })
    await system.engine.transition({
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: agent,
      evidence: { ...small, card: '4111-2222', note: 'key sk_live_1' },
    })
    const text = canonicalize(
      (await Array.fromAsync(system.engine.history({ aggregateId: 'order-1' }))) as never,
    )
    expect(text).not.toMatch(/4111-2222|sk_live/)
    expect(text).toMatch(/"redacted":true/)
  })

  test.each([
    ['a prototype', JSON.parse('{"__proto__":{"polluted":1}}'), 'invalid_json'],
    ['a lone surrogate', { note: '\ud800' }, 'invalid_json'],
    ['a bigint', { amount: 1n }, 'invalid_json'],
    ['300 kB', { note: 'x'.repeat(300_000) }, 'too_large'],
    ['a list', [1], 'invalid_input'],
  ])('with %s is refused with a code and changes nothing', async (_, evidence, code) => {
    const system = await open()
    await expect(
      system.engine.transition({
        aggregateId: 'order-1',
        transitionId: 'pay',
        actor: agent,
        evidence,
      }),
    ).rejects.toMatchObject({ code })
    expect(await system.engine.get({ aggregateId: 'order-1' })).toMatchObject({ version: 1 })
  })

  test('can be erased; the chain still verifies', async () => {
    const system = await open()
    await system.engine.transition({
      aggregateId: 'order-1',
      transitionId: 'pay',
      actor: agent,
      evidence: small,
    })
    await system.engine.erase({ aggregateId: 'order-1', seq: 2, actor: alice, reason: 'art. 17' })
    const items = await Array.fromAsync(system.engine.history({ aggregateId: 'order-1' }))
    expect(items[1]).toMatchObject({
      evidence: null,
      entry: { evidence: { digest: expect.any(String) } },
    })
  })

  test.each([0, 2, 1.5])('of the entry %d, which does not exist, cannot be erased', async (seq) => {
    const { engine } = await open()
    await expect(
      engine.erase({ aggregateId: 'order-1', seq, actor: alice, reason: 'art. 17' }),
    ).rejects.toMatchObject({ code: 'not_found', path: '/seq' })
    expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ version: 1 })
  })
})

describe('a timeout of a state', () => {
  const loop = defineLoop({
    id: 'ops.page',
    states: [
      { id: 'OPEN', timeout: { after: '10m', transition: 'escalate' } },
      { id: 'ACKNOWLEDGED' },
      { id: 'ESCALATED', terminal: true },
      { id: 'DONE', terminal: true },
    ],
    initialState: 'OPEN',
    transitions: [
      { id: 'escalate', from: 'OPEN', to: 'ESCALATED', actors: ['system'] },
      { id: 'acknowledge', from: 'OPEN', to: 'ACKNOWLEDGED', actors: ['human'] },
      { id: 'done', from: 'ACKNOWLEDGED', to: 'DONE', actors: ['human'] },
    ],
  })
  const start = async () => {
    const clock = createTestClock()
    const system = await createLoopSystem({ loops: [loop], clock, relay: false })
    await system.engine.start({ loopId: 'ops.page', aggregateId: 'page-1', actor: agent })
    return { system, clock }
  }

  test('takes the transition that the state names, once, in the name of the system', async () => {
    const { system, clock } = await start()
    clock.advance(10 * 60_000)
    await system.relay.drain()
    await system.relay.drain()
    const items = await Array.fromAsync(system.engine.history({ aggregateId: 'page-1' }))
    expect(items.map(({ entry }) => entry.actor.id)).toEqual(['agent:refunds', 'system:timer'])
    expect(items.at(-1)?.entry).toMatchObject({ toState: 'ESCALATED', status: 'completed' })
  })

  test('is cancelled when the run has left the state', async () => {
    const { system, clock } = await start()
    await system.engine.transition({
      aggregateId: 'page-1',
      transitionId: 'acknowledge',
      actor: alice,
    })
    clock.advance(60 * 60_000)
    expect(await system.relay.drain()).toBe(0)
    expect(await system.engine.get({ aggregateId: 'page-1' })).toMatchObject({
      currentState: 'ACKNOWLEDGED',
    })
  })

  test('waits while the run is suspended, and begins anew when it is resumed', async () => {
    const { system, clock } = await start()
    const change = { aggregateId: 'page-1', actor: alice, reason: 'holiday' }
    const state = async () => {
      await system.relay.drain()
      return (await system.engine.get({ aggregateId: 'page-1' }))?.currentState
    }
    await system.engine.suspend(change)
    clock.advance(60 * 60_000)
    expect(await state()).toBe('OPEN')

    await system.engine.resume(change)
    clock.advance(9 * 60_000)
    expect(await state()).toBe('OPEN')
    clock.advance(60_000)
    expect(await state()).toBe('ESCALATED')
  })

  test('of the new definition counts from a migration', async () => {
    const store = createMemoryStore()
    const clock = createTestClock()
    const options = { store, clock, relay: false }
    const old = await createLoopSystem({ loops: [loop], ...options })
    await old.engine.start({ loopId: 'ops.page', aggregateId: 'page-1', actor: agent })
    const patient = defineLoop({
      ...loop,
      version: '2',
      states: loop.states.map(({ timeout, ...rest }) => ({
        ...rest,
        ...(timeout && { timeout: { ...timeout, after: '1h' } }),
      })),
    })
    const { engine, relay } = await createLoopSystem({ loops: [patient], ...options })
    await engine.migrate({ aggregateId: 'page-1', actor: alice, reason: 'more patience' })
    const state = async (minutes: number) => {
      clock.advance(minutes * 60_000)
      await relay.drain()
      return (await engine.get({ aggregateId: 'page-1' }))?.currentState
    }

    expect(await state(59)).toBe('OPEN')
    expect(await state(1)).toBe('ESCALATED')
  })
})

describe('the engine’s own records', () => {
  test('cannot be taken over by a business key', async () => {
    const system = await open()
    await expect(
      system.engine.start({ loopId: 'support.refund', aggregateId: '$control', actor: alice }),
    ).rejects.toMatchObject({ code: 'invalid_input', path: '/aggregateId' })
  })

  test('are not listed among runs, and are found by name', async () => {
    const { engine } = await open()
    const start = async (aggregateId: string) =>
      engine.start({ loopId: 'support.refund', aggregateId, actor: agent })
    await engine.stop({ target: { actorId: 'eve' }, actor: alice, reason: 'looks wrong' })
    await start('order-2')
    await start('order-3')
    const found = async (query: Parameters<typeof engine.find>[0]) => {
      const { items, cursor } = await engine.find(query)
      return { keys: items.map(({ aggregateId }) => aggregateId), cursor }
    }

    expect((await found({})).keys).toEqual(['order-1', 'order-2', 'order-3'])
    const page = await found({ limit: 2 })
    expect(page.keys).toEqual(['order-1', 'order-2'])
    expect((await found({ limit: 2, cursor: page.cursor ?? '' })).keys).toEqual(['order-3'])
    expect((await found({ aggregateId: '$control' })).keys).toEqual(['$control'])
    expect((await found({ loopId: '$control', status: 'active' })).keys).toEqual(['$control'])
  })
})

describe('a slow delivery', () => {
  test('holds up its own run, not the others', async () => {
    const started: string[] = []
    let release = (): void => {}
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    const slow: Integration = {
      contract: 'integration/v1',
      name: 'bank',
      actions: {
        pay: {
          input: { parse: (value) => value },
          async run(_, { receipt }) {
            started.push(receipt.aggregateId)
            if (receipt.aggregateId === 'slow') await gate
          },
        },
      },
    }
    const system = await createLoopSystem({ loops: [refund], integrations: [slow] })
    const completed = system.events.stream({ types: ['loop.completed'] })
    for (const aggregateId of ['slow', 'quick']) {
      await system.engine.start({ loopId: refund.id, aggregateId, actor: agent })
      await system.engine.transition({
        aggregateId,
        transitionId: 'pay',
        actor: agent,
        evidence: small,
      })
    }
    expect((await completed.next()).value).toMatchObject({ aggregateId: 'quick' })
    release()
    expect((await completed.next()).value).toMatchObject({ aggregateId: 'slow' })
    await system.close()
    expect(started.toSorted()).toEqual(['quick', 'slow'])
  })
})
