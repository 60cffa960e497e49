import { LoopError, type Actor, type JsonValue, type LoopStore } from '@loop-engine/core'
import { definitionDigest } from '@loop-engine/dsl'
import { checkInvariants, createTestClock } from '@loop-engine/testing'
import { describe, expect, test } from 'vitest'

import { bankThat, paymentByBank } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore, type LoopDefinition } from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
const alice: Actor = { type: 'human', id: 'alice' }

const onceInAnHour = {
  id: 'rate',
  use: 'rate-limit',
  with: { limit: 1, window: '1h', per: 'loop' },
  severity: 'hard',
  evaluatedBy: 'runtime',
} as const

async function open(
  loop: LoopDefinition,
  pay: () => Promise<JsonValue | void> = async () => ({ transfer: 7 }),
  store: LoopStore = createMemoryStore(),
) {
  const clock = createTestClock()
  let calls = 0
  const bank = bankThat(async () => {
    calls++
    return pay()
  })
  const system = await createLoopSystem({
    loops: [loop],
    integrations: [bank],
    store,
    clock,
    relay: false,
  })
  const order = async (aggregateId = 'order-1') => {
    await system.engine.start({ loopId: loop.id, aggregateId, actor: agent })
    await system.engine.transition({ aggregateId, transitionId: 'pay', actor: agent })
  }
  const records = async (aggregateId = 'order-1') => {
    const found: string[] = []
    for await (const { entry } of system.engine.history({ aggregateId }))
      found.push([entry.type.slice('loop.'.length), entry.reason].filter(Boolean).join(' '))
    return found.slice(2)
  }
  const later = async (ms: number, times = 1) => {
    for (let time = 0; time < times; time++) {
      clock.advance(ms)
      await system.relay.drain()
    }
  }
  return { ...system, store, clock, calls: () => calls, order, records, later }
}

describe('a limit that a follow-up would exceed', () => {
  test.each(['idempotent', 'at-most-once'] as const)(
    'does not undo the report of an %s effect',
    async (semantics) => {
      const payment = paymentByBank({ semantics, onSuccess: 'paid' }, { guards: [onceInAnHour] })
      const { order, records, later, relay, calls } = await open(payment)
      await order('order-1')
      await order('order-2')

      await later(0)
      await later(60_000, 10)

      expect(calls()).toBe(2)
      expect([await records('order-1'), await records('order-2')]).toContainEqual([
        'effect.started',
        'effect.succeeded',
        'transition.rejected limit_reached',
      ])
      expect((await relay.deadLetters()).items).toEqual([])
    },
  )

  test('does not keep a run suspended', async () => {
    const payment = paymentByBank({ onSuccess: 'paid' }, { guards: [onceInAnHour] })
    const { engine, order, records, later } = await open(payment, async () => {
      await engine.suspend({ aggregateId: 'order-2', actor: alice, reason: 'look' }).catch(() => {})
    })
    await order('order-1')
    await order('order-2')
    await later(0)

    const resumed = await engine.resume({ aggregateId: 'order-2', actor: alice, reason: 'fine' })

    expect(resumed).toMatchObject({ status: 'active', currentState: 'PAYING' })
    expect((await records('order-2')).at(-1)).toBe('transition.rejected limit_reached')
  })
})

test('an effect that is claimed by a process without its integration runs once, in a process that has it', async () => {
  const payment = paymentByBank({ semantics: 'at-most-once', onSuccess: 'paid' })
  const { order, records, later, relay, store, clock, calls } = await open(payment)
  const heard: unknown[] = []
  const onError = (error: unknown) => void heard.push(error)
  const elsewhere = await createLoopSystem({ loops: [], store, clock, onError, relay: false })
  await order()
  for (let times = 0; times < 20; times++) {
    await elsewhere.relay.drain()
    clock.advance(60_000)
  }
  expect(heard).toContainEqual(expect.objectContaining({ code: 'invalid_config' }))
  expect((await relay.deadLetters()).items).toEqual([])

  await later(0)

  expect(calls()).toBe(1)
  expect(await records()).toEqual(['effect.started', 'effect.succeeded', 'transition.executed'])
})

test('an at-most-once effect whose process died in the middle is unknown, and never runs again', async () => {
  const store = createMemoryStore()
  const once = paymentByBank({ semantics: 'at-most-once', onSuccess: 'paid' })
  const dying = await open(once, async () => new Promise<never>(() => {}), store)
  await dying.order()
  void dying.relay.drain()
  await expect.poll(dying.calls).toBe(1)

  const heir = await open(once, undefined, store)
  await heir.later(3_600_000, 3)

  expect(heir.calls()).toBe(0)
  expect(await heir.records()).toEqual(['effect.started', 'effect.unknown interrupted'])
})

test('an effect that ended does not become unknown because the store was away when it reported', async () => {
  const store = createMemoryStore()
  let failures = 2
  const strained: LoopStore = {
    ...store,
    async commit(plans) {
      const reports = plans.flatMap(({ entries }) => entries)
      const isReport = reports.some(({ type }) => type === 'loop.effect.succeeded')
      if (isReport && failures-- > 0)
        throw new LoopError('unavailable', 'It was cancelled.', { retryable: true })
      return store.commit(plans)
    },
  }
  const once = paymentByBank({ semantics: 'at-most-once', onSuccess: 'paid' })
  const { order, records, later, calls } = await open(once, undefined, strained)
  await order()

  await later(60_000, 3)

  expect(calls()).toBe(1)
  expect(await records()).toEqual(['effect.started', 'effect.succeeded', 'transition.executed'])
})

test('an at-most-once effect that failed leaves no dead letter, so that nobody can run it again', async () => {
  const { order, records, later, relay } = await open(
    paymentByBank({ semantics: 'at-most-once' }),
    async () => {
      throw new Error('no')
    },
  )
  await order()

  await later(0)

  expect(await records()).toEqual(['effect.started', 'effect.failed threw'])
  expect((await relay.deadLetters()).items).toEqual([])
})

describe('an effect that fails', () => {
  const refusesSoOften = (times: number) => async () => {
    if (times-- > 0) throw new Error('no')
  }

  test('is tried as often as its definition says, even if that is more than the limit of the system', async () => {
    const payment = paymentByBank({ maxAttempts: 20, onFailure: 'failed' })
    const { order, records, later, relay, calls } = await open(payment, refusesSoOften(1000))
    await order()

    await later(60_000, 40)

    expect(calls()).toBe(20)
    expect((await records()).slice(-2)).toEqual(['effect.failed threw', 'transition.executed'])
    expect((await relay.deadLetters()).items).toEqual([])
  })

  test.each(['stop', 'suspension'])(
    'has as many attempts after a %s as without one',
    async (hold) => {
      const payment = paymentByBank({ onSuccess: 'paid', onFailure: 'failed' })
      const { engine, order, later, calls } = await open(payment, refusesSoOften(7))
      const why = { actor: alice, reason: 'look' }
      const target = { aggregateId: 'order-1' }
      await order()
      if (hold === 'stop') await engine.stop({ ...why, target })
      else await engine.suspend({ ...why, ...target })
      await later(1000, 10)
      expect(calls()).toBe(0)

      if (hold === 'stop') await engine.release({ ...why, target })
      else await engine.resume({ ...why, ...target })
      await later(60_000, 20)

      expect(calls()).toBe(8)
      expect(await engine.get(target)).toMatchObject({ currentState: 'PAID' })
    },
  )

  test('is not tried again before the pause that the other system asks for', async () => {
    const payment = paymentByBank({ onSuccess: 'paid', onFailure: 'failed' })
    let isBusy = true
    const { engine, order, later, calls } = await open(payment, async () => {
      if (!isBusy) return
      const details = { retryAfterMs: 300_000 }
      throw new LoopError('rate_limited', 'The bank is busy.', { retryable: true, details })
    })
    await order()
    await later(1000, 290)
    expect(calls()).toBe(1)

    isBusy = false
    await later(1000, 20)

    expect(calls()).toBe(2)
    expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ currentState: 'PAID' })
  })

  test('is given up when every attempt is interrupted', async () => {
    const store = createMemoryStore()
    const forgetful: LoopStore = {
      ...store,
      // As if the process ended before it could say that the effect succeeded.
      async commit(plans) {
        const reports = plans.flatMap(({ entries }) => entries)
        if (reports.some(({ type }) => type === 'loop.effect.succeeded'))
          throw new LoopError('unavailable', 'The store is away.', { retryable: true })
        return store.commit(plans)
      },
    }
    const payment = paymentByBank({ maxAttempts: 3, onFailure: 'failed' })
    const { order, records, later, relay, calls } = await open(payment, undefined, forgetful)
    await order()

    await later(60_000, 20)

    expect(calls()).toBe(4)
    expect((await records()).at(-1)).toBe('effect.unknown interrupted')
    const { items } = await relay.deadLetters()
    expect(items).toMatchObject([{ error: expect.stringContaining('interrupted') }])

    for (const { id } of items) await relay.retry({ id })
    await later(60_000, 20)
    expect(calls()).toBe(8)
    const definitions = new Map([[definitionDigest(payment), payment]])
    expect(await checkInvariants({ store, tenants: ['default'], definitions })).toEqual([])
  })

  test('gets as many new attempts when a person revives it', async () => {
    const { order, later, relay, calls } = await open(paymentByBank({}), refusesSoOften(1000))
    await order()
    await later(60_000, 20)
    expect(calls()).toBe(8)

    const { items } = await relay.deadLetters()
    for (const { id } of items) await relay.retry({ id })
    await later(60_000, 20)

    expect(calls()).toBe(16)
  })
})
