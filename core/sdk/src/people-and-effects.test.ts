import {
  LoopError,
  type Actor,
  type Channel,
  type CloudEvent,
  type Integration,
} from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import {
  createAuthority,
  createLoopSystem,
  createMemoryStore,
  defineLoop,
  type LoopSystem,
} from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:deployer' }
const person = (id: string, ...roles: string[]): Actor => ({ type: 'human', id, roles })
const minute = 60_000

const deploy = defineLoop({
  id: 'ops.deploy',
  states: [
    'READY',
    'ROLLING',
    { id: 'DONE', terminal: true },
    { id: 'FAILED', terminal: true, error: true },
    { id: 'LAPSED', terminal: true },
  ],
  initialState: 'READY',
  transitions: [
    {
      id: 'roll',
      from: 'READY',
      to: 'ROLLING',
      actors: ['ai-agent'],
      approval: {
        stages: [
          { name: 'team', reviewers: ['role:dev'], quorum: 2 },
          { name: 'owner', reviewers: ['olga'], quorum: 1 },
        ],
        expiresIn: '4h',
        onExpiry: 'lapse',
        remindEvery: '30m',
        escalate: [{ after: '1h', reviewers: ['role:lead'] }],
        allow: ['delegate', 'respond'],
      },
      effect: {
        integration: 'cluster',
        action: 'roll',
        semantics: 'at-most-once',
        onSuccess: 'done',
        onFailure: 'failed',
      },
    },
    { id: 'done', from: 'ROLLING', to: 'DONE', actors: ['automation'] },
    { id: 'failed', from: 'ROLLING', to: 'FAILED', actors: ['automation'] },
    { id: 'lapse', from: 'READY', to: 'LAPSED', actors: ['system'] },
  ],
})

/** A cluster that does what the test says, and counts how often it was asked. */
function createCluster(
  roll: (signal: AbortSignal) => Promise<void> = async () => {},
): Integration & { readonly calls: () => number } {
  let calls = 0
  return {
    contract: 'integration/v1',
    name: 'cluster',
    calls: () => calls,
    actions: {
      roll: {
        input: { parse: (value) => value },
        run: async (_input, { signal }) => {
          calls++
          await roll(signal)
        },
      },
    },
  }
}

async function open(options: Partial<Parameters<typeof createLoopSystem>[0]> = {}) {
  const clock = createTestClock()
  const said: string[] = []
  const chat: Channel = {
    contract: 'channel/v1',
    name: 'chat',
    async notify(request) {
      said.push(`ask ${request.status}`)
      return { message: said.length }
    },
    async update(ref, request) {
      said.push(`update ${JSON.stringify(ref['message'])} ${request.status}`)
    },
  }
  const system = await createLoopSystem({
    loops: [deploy],
    integrations: [createCluster()],
    channels: [chat],
    clock,
    relay: false,
    limits: { backoffMs: { first: 1, longest: 1 } },
    ...options,
  })
  await system.engine.start({ loopId: deploy.id, aggregateId: 'web', actor: agent })
  const asked = await system.engine.transition({
    aggregateId: 'web',
    transitionId: 'roll',
    actor: agent,
    evidence: { image: 'web:42' },
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const approve = async (actor: Actor) =>
    system.approvals.decide({ requestId: asked.approvalId, decision: 'approve', actor })
  return { ...system, clock, said, requestId: asked.approvalId, approve }
}

async function typesOf({ engine }: Pick<LoopSystem, 'engine'>): Promise<string[]> {
  return (await Array.fromAsync(engine.history({ aggregateId: 'web' }))).map(
    ({ entry }) => entry.type,
  )
}

describe('stages', () => {
  test('are passed in order, each with its own quorum of different people', async () => {
    const system = await open()
    expect(await system.approve(person('olga'))).toMatchObject({ reason: 'not_entitled' })
    expect(await system.approve(person('ada', 'dev'))).toMatchObject({ status: 'recorded' })
    expect(await system.approve(person('ada', 'dev'))).toMatchObject({ reason: 'already_voted' })
    expect(await system.approve(person('ben', 'dev'))).toMatchObject({
      status: 'recorded',
      request: { stage: 1 },
    })
    expect(await system.approve(person('cyd', 'dev'))).toMatchObject({ reason: 'not_entitled' })
    expect(await system.approve(person('olga'))).toMatchObject({ status: 'executed' })
  })

  test('an abstention and a response are on record and decide nothing', async () => {
    const { approvals, requestId, engine } = await open()
    const actor = person('ada', 'dev')
    const said = [
      ['respond', { question: 'which region?' }],
      ['abstain', { because: 'my own change' }],
    ] as const
    for (const [decision, response] of said)
      expect(
        await approvals.decide({ requestId, decision, actor, response, proof: { event: 'E1' } }),
      ).toMatchObject({ status: 'recorded', request: { status: 'pending' } })
    const recorded = (await Array.fromAsync(engine.history({ aggregateId: 'web' }))).slice(-2)
    expect(recorded).toMatchObject(
      said.map(([decision, evidence]) => ({
        entry: { approval: { decision }, data: { proof: { event: 'E1' } } },
        evidence,
      })),
    )
    expect(await approvals.decide({ requestId, decision: 'edit', actor, edits: {} })).toMatchObject(
      { reason: 'not_allowed' },
    )
  })

  test('a delegate decides in place of who was asked', async () => {
    const { approvals, requestId, approve, engine, relay, said } = await open()
    await relay.drain()
    expect(await approvals.delegate({ requestId, actor: person('eve'), to: 'zoe' })).toMatchObject({
      reason: 'not_entitled',
    })
    const refused = (await Array.fromAsync(engine.history({ aggregateId: 'web' }))).at(-1)
    expect(refused?.entry).toMatchObject({
      approval: { decision: 'refused:delegate' },
      reason: 'not_entitled',
    })
    expect(
      await approvals.delegate({ requestId, actor: person('ada', 'dev'), to: 'zoe' }),
    ).toMatchObject({ status: 'recorded' })
    await relay.drain()
    expect(said).toEqual(['ask pending', 'update 1 pending'])
    expect(await approve(person('zoe'))).toMatchObject({
      status: 'recorded',
      request: { decisions: [{ reviewer: { id: 'zoe' } }] },
    })
  })

  test('text that is too long for a decision token is refused and changes nothing', async () => {
    const { approvals, requestId } = await open()
    const reason = 'x'.repeat(4097)
    const by = { requestId, actor: person('ada', 'dev') }
    const tooLong = { code: 'invalid_input', path: '/reason' }
    await expect(approvals.decide({ ...by, decision: 'reject', reason })).rejects.toMatchObject(
      tooLong,
    )
    await expect(approvals.delegate({ ...by, to: 'zoe', reason })).rejects.toMatchObject(tooLong)
    await expect(approvals.withdraw({ ...by, reason })).rejects.toMatchObject(tooLong)
    for (const to of ['', 'z'.repeat(257)])
      await expect(approvals.delegate({ ...by, to })).rejects.toMatchObject({ path: '/to' })
    expect(await approvals.get({ id: requestId })).toMatchObject({
      status: 'pending',
      decisions: [],
    })
  })

  test('an inbox shows the requests that wait for a person, and no others', async () => {
    const { approvals, requestId } = await open()
    expect((await approvals.inbox({ actor: person('ada', 'dev') })).map(({ id }) => id)).toEqual([
      requestId,
    ])
    expect(await approvals.inbox({ actor: person('olga') })).toEqual([])
  })

  test('decisions in a batch have their own results', async () => {
    const { approvals, requestId } = await open()
    const results = await approvals.decideMany([
      { requestId, decision: 'approve', actor: person('ada', 'dev') },
      { requestId: 'no such request', decision: 'approve', actor: person('ada', 'dev') },
      { requestId, decision: 'approve', actor: person('eve') },
    ])
    expect(results).toMatchObject([
      { status: 'recorded' },
      { status: 'error', error: { code: 'not_found' } },
      { status: 'refused', reason: 'not_entitled' },
    ])
  })

  test('a requester can withdraw a request', async () => {
    const { approvals, requestId, approve } = await open()
    for (const other of [
      { type: 'ai-agent', id: 'agent:other' },
      { ...agent, type: 'automation' },
    ] as const)
      await expect(approvals.withdraw({ requestId, actor: other })).rejects.toMatchObject({
        code: 'refused',
      })
    expect(await approvals.withdraw({ requestId, actor: agent })).toMatchObject({
      status: 'cancelled',
    })
    expect(await approve(person('ada', 'dev'))).toMatchObject({ reason: 'already_decided' })
    expect(
      await approvals.delegate({ requestId, actor: person('ada', 'dev'), to: 'zoe' }),
    ).toMatchObject({ status: 'refused', reason: 'already_decided' })
    expect(await approvals.withdraw({ requestId, actor: person('eve') })).toMatchObject({
      status: 'cancelled',
    })
  })
})

describe('a channel', () => {
  test('posts a request once, updates it with every change, and is told of reminders, escalations and the end', async () => {
    const system = await open()
    await system.relay.drain()
    expect(system.said).toEqual(['ask pending'])

    await system.approve(person('ada', 'dev'))
    await system.relay.drain()
    system.clock.advance(30 * minute)
    await system.relay.drain()
    expect(system.said.slice(1)).toEqual(['update 1 pending', 'ask pending'])

    system.clock.advance(30 * minute)
    await system.relay.drain()
    expect(await system.approve(person('lea', 'lead'))).toMatchObject({ status: 'recorded' })
    expect(await typesOf(system)).toContain('loop.approval.escalated')

    system.clock.advance(4 * 60 * minute)
    await system.relay.drain()
    expect(system.said.at(-1)).toMatch(/expired$/)
    expect(await system.engine.get({ aggregateId: 'web' })).toMatchObject({
      currentState: 'LAPSED',
      openApprovals: 0,
    })
  })

  test('that fails is called again, and does not hold up the decision', async () => {
    let failures = 2
    const flaky: Channel = {
      contract: 'channel/v1',
      name: 'flaky',
      async notify() {
        if (failures-- > 0) throw new Error('503')
        return { message: 1 }
      },
    }
    const system = await open({ channels: [flaky] })
    for (let round = 0; round < 4; round++) {
      await system.relay.drain()
      system.clock.advance(10)
    }
    expect((await system.approvals.get({ id: system.requestId }))?.messages).toEqual({
      flaky: { message: 1 },
    })
  })
})

describe('an at-most-once effect', () => {
  const decideAll = async ({ approve }: Awaited<ReturnType<typeof open>>): Promise<void> => {
    for (const actor of [person('ada', 'dev'), person('ben', 'dev'), person('olga')])
      await approve(actor)
  }

  test('that fails is not tried again', async () => {
    const cluster = createCluster(async () => {
      throw new LoopError('unavailable', 'The cluster is away.', { retryable: true })
    })
    const system = await open({ integrations: [cluster] })
    await decideAll(system)
    await system.relay.drain()
    expect(cluster.calls()).toBe(1)
    expect(await system.engine.get({ aggregateId: 'web' })).toMatchObject({
      currentState: 'FAILED',
      status: 'failed',
    })
  })

  test('that does not finish in time is unknown, and stays so', async () => {
    let told: AbortSignal | undefined
    const cluster = createCluster((signal) => {
      told = signal
      return new Promise(() => {})
    })
    const system = await open({
      integrations: [cluster],
      limits: { effectTimeoutMs: 1000, leaseMs: 60_000 },
    })
    await decideAll(system)
    const draining = system.relay.drain()
    await expect.poll(() => cluster.calls()).toBe(1)
    expect(told?.aborted).toBe(false)
    system.clock.advance(1000)
    await draining
    expect(told?.aborted).toBe(true)
    await system.relay.drain()
    expect(cluster.calls()).toBe(1)
    expect((await typesOf(system)).at(-1)).toBe('loop.effect.unknown')
  })
})

describe('an event sink', () => {
  const sinkThat = (fails: () => Error | undefined) => {
    const heard: CloudEvent[] = []
    const sink = {
      contract: 'sink/v1' as const,
      name: 'audit',
      async publish(events: readonly CloudEvent[]) {
        const error = fails()
        if (error) throw error
        heard.push(...events)
      },
    }
    return { heard, sink }
  }

  test('that is away for an hour gets every event, in order, when it is back', async () => {
    let away = true
    const { heard, sink } = sinkThat(() => (away ? new Error('away') : undefined))
    const system = await open({
      sinks: [sink],
      channels: [],
      limits: { backoffMs: { first: 1000, longest: minute } },
    })
    for (let passed = 0; passed < 60; passed++) {
      await system.relay.drain()
      system.clock.advance(minute)
    }
    expect(await system.relay.deadLetters()).toMatchObject({ items: [] })

    away = false
    for (let passed = 0; passed < 3; passed++) {
      await system.relay.drain()
      system.clock.advance(minute)
    }
    expect(heard.map(({ sequence }) => Number(sequence))).toEqual(
      heard.map((_, index) => index + 1),
    )
    expect(heard.length).toBeGreaterThan(1)
  })

  test('loses no event to an older process that does not have it yet', async () => {
    const store = createMemoryStore()
    const { heard, sink } = sinkThat(() => undefined)
    const system = await open({ store, sinks: [sink], channels: [] })
    const { clock } = system
    const older = await createLoopSystem({ loops: [], store, clock, relay: false })
    for (let passed = 0; passed < 20; passed++) {
      await older.relay.drain()
      clock.advance(minute)
    }
    expect(await system.relay.deadLetters()).toMatchObject({ items: [] })

    await system.relay.drain()
    expect(heard.length).toBeGreaterThan(1)
  })

  test('that asks for a pause is left alone for that long', async () => {
    let asked = 0
    const { sink } = sinkThat(() => {
      asked++
      return new LoopError('unavailable', 'The sink is busy.', {
        retryable: true,
        details: { retryAfterMs: 5 * minute },
      })
    })
    const system = await open({ sinks: [sink], channels: [] })
    await system.relay.drain()
    const first = asked
    system.clock.advance(4 * minute)
    await system.relay.drain()
    expect(asked).toBe(first)
    system.clock.advance(2 * minute)
    await system.relay.drain()
    expect(asked).toBeGreaterThan(first)
  })

  test('that refuses an event ends in a dead letter; when it is well again a person retries it', async () => {
    let well = false
    const { heard, sink } = sinkThat(() =>
      well ? undefined : new LoopError('refused', 'The sink does not take this.'),
    )
    const system = await open({
      sinks: [sink],
      channels: [],
      limits: { maxAttempts: 2, backoffMs: { first: 1, longest: 1 } },
    })
    for (let round = 0; round < 6; round++) {
      await system.relay.drain()
      system.clock.advance(10)
    }
    const { items } = await system.relay.deadLetters()
    expect(items).toHaveLength(2)

    well = true
    for (const { id } of items) expect(await system.relay.retry({ id })).toBe(true)
    await system.relay.drain()
    expect(heard.map(({ type }) => type)).toEqual([
      'dev.loop-engine.loop.started.v1',
      'dev.loop-engine.loop.approval.requested.v1',
    ])
    expect(await system.relay.retry({ id: 'no such letter' })).toBe(false)
  })
})

test('a policy may demand a strong authentication, which a rejection does not need', async () => {
  const authority = createAuthority({ name: 'doors' })
  const loop = defineLoop({
    id: 'vault',
    states: ['SHUT', { id: 'OPEN', terminal: true }],
    initialState: 'SHUT',
    transitions: [
      {
        id: 'open',
        from: 'SHUT',
        to: 'OPEN',
        actors: ['ai-agent'],
        approval: {
          stages: [{ reviewers: ['ada'], quorum: 1 }],
          expiresIn: '1h',
          assurance: 'signed-link',
        },
      },
    ],
  })
  const { engine, approvals, close } = await createLoopSystem({
    loops: [loop],
    identity: { mode: 'verified', authority },
    relay: false,
  })
  const known = (method: string): Actor => authority.vouch({ type: 'human', id: 'ada' }, { method })
  const ask = async (aggregateId: string): Promise<string> => {
    await engine.start({ loopId: loop.id, aggregateId, actor: agent })
    const asked = await engine.transition({ aggregateId, transitionId: 'open', actor: agent })
    return asked.status === 'pending_approval' ? asked.approvalId : asked.status
  }
  const first = await ask('one')
  const second = await ask('two')
  const decide = (requestId: string, decision: 'approve' | 'reject', method: string) =>
    approvals.decide({ requestId, decision, actor: known(method) })

  expect(await decide(first, 'approve', 'pagerduty')).toMatchObject({
    status: 'refused',
    reason: 'assurance_too_low',
  })
  expect(await decide(first, 'approve', 'oidc')).toMatchObject({ status: 'executed' })
  expect(await decide(second, 'reject', 'pagerduty')).toMatchObject({ status: 'rejected' })
  await close()
})
