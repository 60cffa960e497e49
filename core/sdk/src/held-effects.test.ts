import { isLoopError, type Actor, type Guard, type Integration } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore, defineLoop, type LoopSystem } from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
const alice: Actor = { type: 'human', id: 'alice' }
const change = { aggregateId: 'order-1', actor: alice, reason: 'something looks wrong' }

const payment = defineLoop({
  id: 'payment',
  states: [
    'OPEN',
    'PAYING',
    { id: 'PAID', terminal: true },
    { id: 'FAILED', terminal: true, error: true },
  ],
  initialState: 'OPEN',
  transitions: [
    { id: 'note', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] },
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAYING',
      actors: ['ai-agent'],
      effect: {
        integration: 'bank',
        action: 'pay',
        semantics: 'idempotent',
        onSuccess: 'paid',
        onFailure: 'failed',
      },
    },
    { id: 'paid', from: 'PAYING', to: 'PAID', actors: ['automation'] },
    {
      id: 'failed',
      from: 'PAYING',
      to: 'FAILED',
      actors: ['automation'],
      effect: { integration: 'bank', action: 'apologise', semantics: 'idempotent' },
    },
  ],
})

/** A bank that does what the test says while it pays. */
async function open(whilePaying: (system: LoopSystem) => Promise<void> = async () => {}) {
  const asked: string[] = []
  const clock = createTestClock()
  const bank: Integration = {
    contract: 'integration/v1',
    name: 'bank',
    actions: {
      pay: {
        input: { parse: (value) => value },
        run: async () => {
          asked.push('pay')
          await whilePaying(system)
          return { transfer: 7 }
        },
      },
      apologise: {
        input: { parse: (value) => value },
        run: async () => void asked.push('apologise'),
      },
    },
  }
  const store = createMemoryStore()
  const system = await createLoopSystem({
    loops: [payment],
    integrations: [bank],
    store,
    clock,
    relay: false,
    limits: { maxAttempts: 2, backoffMs: { first: 1, longest: 1 } },
  })
  await system.engine.start({ loopId: payment.id, aggregateId: 'order-1', actor: agent })
  const order = async (transitionId = 'pay') =>
    system.engine.transition({ aggregateId: 'order-1', transitionId, actor: agent })
  const state = async () => (await system.engine.get({ aggregateId: 'order-1' }))?.currentState
  const effects = async () => {
    const types: string[] = []
    for await (const { entry } of system.engine.history({ aggregateId: 'order-1' }))
      if (entry.type.startsWith('loop.effect.'))
        types.push(
          [entry.type.slice('loop.effect.'.length), entry.reason].filter(Boolean).join(' '),
        )
    return types
  }
  const later = async (ms: number) => {
    clock.advance(ms)
    await system.relay.drain()
  }
  return { ...system, store, clock, bank, asked, order, state, effects, later }
}

test('an effect of a suspended run waits until a person resumes the run', async () => {
  const { engine, asked, order, state, later } = await open()
  await order()
  await engine.suspend(change)

  await later(0)
  await later(10 * 60_000)
  expect(asked).toEqual([])

  await engine.resume(change)
  await later(1000)
  expect(asked).toEqual(['pay'])
  expect(await state()).toBe('PAID')
})

test('the follow-up of an effect that ends while its run is suspended is taken on resumption, with its report', async () => {
  const { engine, order, state, effects, later } = await open(async (system) => {
    await system.engine.suspend(change)
  })
  await order()
  await later(0)
  expect(await state()).toBe('PAYING')
  expect(await effects()).toEqual(['started', 'succeeded'])

  await engine.resume(change)

  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({
    currentState: 'PAID',
    status: 'completed',
  })
  const evidence = []
  for await (const read of engine.history({ aggregateId: 'order-1' }))
    if (read.entry.transitionId === 'paid') evidence.push(read.evidence)
  expect(evidence).toEqual([{ transfer: 7 }])
})

test('the follow-up of a failure while the run is suspended is taken on resumption, once', async () => {
  let failures = 0
  const { engine, asked, order, state, later } = await open(async (system) => {
    failures++
    if (failures === 1) await system.engine.suspend(change)
    throw new Error('no')
  })
  await order()
  await later(0)
  await later(60_000)
  expect(asked).toEqual(['pay'])

  await engine.resume(change)
  await later(1000)
  expect(asked).toEqual(['pay', 'pay', 'apologise'])
  expect(await state()).toBe('FAILED')
})

test('attempts before a long suspension count', async () => {
  const { engine, asked, order, later } = await open(async (system) => {
    if (asked.length === 1) await system.engine.suspend(change)
    throw new Error('no')
  })
  await order()
  await later(0)
  for (let held = 0; held < 800; held++) await later(1000)

  await engine.resume(change)
  for (let times = 0; times < 4; times++) await later(1000)

  expect(asked).toEqual(['pay', 'pay', 'apologise'])
})

test('an effect that waited too long while its run was suspended fails, and its follow-up is taken on resumption', async () => {
  const { engine, asked, order, state, effects, later } = await open()
  await order()
  await engine.suspend(change)
  await later(25 * 60 * 60_000)
  expect(await effects()).toEqual(['failed receipt_expired'])

  await engine.resume(change)
  await later(0)

  expect(asked).toEqual(['apologise'])
  expect(await state()).toBe('FAILED')
})

test('an effect that ends after its suspended run was migrated leads to the follow-up that its order named', async () => {
  const renamed = defineLoop({
    ...payment,
    version: '2',
    transitions: payment.transitions.map((transition) =>
      transition.id === 'pay' ? { ...transition, id: 'transfer' } : transition,
    ),
  })
  const { engine, store, bank, order, later } = await open(async () => {
    await engine.suspend(change)
    const next = await createLoopSystem({
      loops: [renamed],
      integrations: [bank],
      store,
      relay: false,
    })
    await next.engine.migrate(change)
  })
  await order()
  await later(0)

  await engine.resume(change)

  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({
    currentState: 'PAID',
    definition: { version: '2' },
  })
})

test('two effects of one transition both lead to their follow-ups after their suspended run was migrated', async () => {
  const ledger = (version: string, tip: string) =>
    defineLoop({
      id: 'ledger',
      version,
      states: ['OPEN', { id: 'CLOSED', terminal: true }],
      initialState: 'OPEN',
      transitions: [
        {
          id: tip,
          from: 'OPEN',
          to: 'OPEN',
          actors: ['ai-agent'],
          effect: {
            integration: 'bank',
            action: 'pay',
            semantics: 'idempotent',
            onFailure: 'note',
          },
        },
        { id: 'note', from: 'OPEN', to: 'OPEN', actors: ['automation'] },
        { id: 'close', from: 'OPEN', to: 'CLOSED', actors: ['ai-agent'] },
      ],
    })
  const { store, bank, clock } = await open()
  const parts = { integrations: [bank], store, clock, relay: false } as const
  const { engine } = await createLoopSystem({ ...parts, loops: [ledger('1', 'tip')] })
  const run = { aggregateId: 'order-2', actor: agent }
  await engine.start({ ...run, loopId: 'ledger' })
  await engine.transition({ ...run, transitionId: 'tip' })
  await engine.transition({ ...run, transitionId: 'tip' })
  await engine.suspend({ ...change, aggregateId: 'order-2' })
  const next = await createLoopSystem({ ...parts, loops: [ledger('2', 'gratuity')] })
  await next.engine.migrate({ ...change, aggregateId: 'order-2' })
  clock.advance(2 * 86_400_000)
  await next.relay.drain()

  await next.engine.resume({ ...change, aggregateId: 'order-2' })

  const items = await Array.fromAsync(next.engine.history({ aggregateId: 'order-2' }))
  expect(items.slice(-2).map(({ entry }) => entry.transitionId)).toEqual(['note', 'note'])
})

test.each(['cancel', 'fail'] as const)(
  'after %s nothing that the run ordered begins',
  async (end) => {
    const { engine, asked, order, effects, later, relay } = await open()
    await order()
    await engine[end](change)

    await later(0)

    expect(asked).toEqual([])
    expect(await effects()).toEqual([`failed run_${end === 'cancel' ? 'cancelled' : 'failed'}`])
    expect((await relay.deadLetters()).items).toEqual([])
  },
)

test('an effect that began before its run was cancelled, and may have acted, is unknown', async () => {
  const { asked, order, effects, later } = await open(async (system) => {
    await system.engine.cancel(change)
    throw new Error('no answer')
  })
  await order()

  await later(0)
  await later(60_000)

  expect(asked).toEqual(['pay'])
  expect(await effects()).toEqual(['started', 'unknown run_cancelled'])
})

test.each(['suspend', 'cancel'] as const)(
  'after %s a sealed function refuses a receipt',
  async (hold) => {
    const { engine, order } = await open()
    const done = await order('note')
    if (done.status !== 'executed') throw new Error(done.status)
    const write = engine.seal({ loopId: 'payment', transitionId: 'note' }, async () => 'written')
    await engine[hold](change)

    const error: unknown = await write(done.receipt, {}).catch((thrown: unknown) => thrown)

    expect(isLoopError(error) && error.details).toEqual({
      reason: hold === 'suspend' ? 'suspended' : 'run_cancelled',
    })
  },
)

const nobodyAsked: Guard = {
  contract: 'guard/v1',
  id: 'nobody-asked',
  description: 'Nobody was asked yet.',
  needs: ['approvals'],
  evaluate: ({ approvals = [] }) => ({ passed: approvals.length === 0 }),
}

/** A run whose two effects failed while it was suspended; resuming it takes both follow-ups. */
async function withTwoToFollow(
  transitions: Parameters<typeof defineLoop>[0]['transitions'],
  [first, second]: readonly [string, string],
) {
  const inOpen = { from: 'OPEN', to: 'OPEN', actors: ['ai-agent' as const] }
  const effect = { integration: 'bank', action: 'pay', semantics: 'idempotent' as const }
  const loop = defineLoop({
    id: 'transfers',
    states: ['OPEN', { id: 'CLOSED', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      { id: 'pay', ...inOpen, effect: { ...effect, onFailure: first } },
      { id: 'tip', ...inOpen, effect: { ...effect, onFailure: second } },
      { id: 'end', from: 'OPEN', to: 'CLOSED', actors: ['automation'] },
      ...transitions,
    ],
  })
  const clock = createTestClock()
  const integrations = [bankThat(async () => ({ paid: true }))]
  const { engine, approvals, relay } = await createLoopSystem({
    loops: [loop],
    integrations,
    guards: [nobodyAsked],
    clock,
    relay: false,
  })
  const run = { aggregateId: 'order-1', actor: agent }
  await engine.start({ ...run, loopId: 'transfers' })
  await engine.transition({ ...run, transitionId: 'pay' })
  await engine.transition({ ...run, transitionId: 'tip' })
  await engine.suspend(change)
  clock.advance(2 * 86_400_000)
  await relay.drain()
  return { engine, approvals }
}

test('a request that one follow-up opens ends when the next follow-up of the same resumption moves the run', async () => {
  const ask = { id: 'ask', from: 'OPEN', to: 'OPEN', approval: { reviewers: ['alice'] } }
  const { engine, approvals } = await withTwoToFollow(
    [{ ...ask, actors: ['automation'] }],
    ['ask', 'end'],
  )

  const resumed = await engine.resume(change)

  expect(resumed).toMatchObject({ status: 'completed', openApprovals: 0 })
  expect((await approvals.find()).items).toMatchObject([{ status: 'superseded' }])
})

test.each([
  ['executed', { guards: [{ id: 'slowly', use: 'cooldown', with: { period: '1h' } }] }],
  ['asked', { guards: [{ id: 'nobody-asked' }], approval: { reviewers: ['alice'] } }],
])('guards see what the same resumption has %s', async (_, rules) => {
  const retry = { id: 'retry', from: 'OPEN', to: 'OPEN', actors: ['automation' as const] }
  const { engine } = await withTwoToFollow([{ ...retry, ...rules }], ['retry', 'retry'])

  await engine.resume(change)

  const items = await Array.fromAsync(engine.history({ aggregateId: 'order-1' }))
  expect(items.at(-2)?.entry.type).toMatch(/executed|requested/)
  expect(items.at(-1)?.entry.type).toBe('loop.transition.blocked')
})
