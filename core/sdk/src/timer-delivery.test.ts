import { LoopError, type Actor, type Channel, type LoopStore } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'
import { askForPayment, payer, paymentWith } from './payment.fixture.ts'

const alice: Actor = { type: 'human', id: 'alice' }
const minute = 60_000

const waiting = defineLoop({
  id: 'waiting',
  states: [
    { id: 'OPEN', timeout: { after: '1m', transition: 'lapse' } },
    { id: 'LAPSED', terminal: true },
  ],
  initialState: 'OPEN',
  transitions: [{ id: 'lapse', from: 'OPEN', to: 'LAPSED', actors: ['system'] }],
})

/** A store whose commits fail so often before the next one succeeds. */
function createFlakyStore(): LoopStore & { failNext(times: number): void } {
  const store = createMemoryStore()
  let failures = 0
  return {
    ...store,
    failNext: (times) => void (failures = times),
    async commit(plans) {
      if (failures-- > 0)
        throw new LoopError('unavailable', 'The store is away.', { retryable: true })
      return store.commit(plans)
    },
  }
}

test('a timeout is taken, even if a stop held it up and the store was away', async () => {
  const clock = createTestClock()
  const store = createFlakyStore()
  const { engine, relay } = await createLoopSystem({ loops: [waiting], store, clock, relay: false })
  const later = async (ms: number, times: number) => {
    for (let time = 0; time < times; time++) {
      clock.advance(ms)
      await relay.drain()
    }
  }
  const target = { aggregateId: 'order-1' }
  await engine.start({ loopId: waiting.id, ...target, actor: payer })
  await engine.stop({ target, actor: alice, reason: 'look' })
  await later(minute, 1)
  await later(1000, 10)
  await engine.release({ target, actor: alice, reason: 'fine' })
  store.failNext(20)

  await later(minute, 22)

  expect((await relay.deadLetters()).items).toEqual([])
  expect(await engine.get(target)).toMatchObject({ currentState: 'LAPSED', status: 'completed' })
})

test('a timeout that a stop held up for hours survives an outage of the store like any other', async () => {
  const clock = createTestClock()
  const store = createFlakyStore()
  const { engine, relay } = await createLoopSystem({
    loops: [waiting],
    store,
    clock,
    relay: false,
    limits: { maxNotifications: 100 },
  })
  const target = { aggregateId: 'order-1' }
  await engine.start({ loopId: waiting.id, ...target, actor: payer })
  await engine.stop({ target, actor: alice, reason: 'look' })
  clock.advance(minute)
  for (let time = 0; time < 1000; time++) {
    await relay.drain()
    clock.advance(1000)
  }
  await engine.release({ target, actor: alice, reason: 'fine' })
  store.failNext(20)

  for (let time = 0; time < 22; time++) {
    await relay.drain()
    clock.advance(minute)
  }

  expect((await relay.deadLetters()).items).toEqual([])
  expect(await engine.get(target)).toMatchObject({ currentState: 'LAPSED', status: 'completed' })
})

/** A run whose timers are left over: who claims one may be about to take it when the run leaves the state. */
async function withTimersLeftOver() {
  const clock = createTestClock()
  const store = createMemoryStore()
  const { engine, relay } = await createLoopSystem({
    loops: [
      defineLoop({
        ...waiting,
        transitions: [
          ...waiting.transitions,
          { id: 'again', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] },
        ],
      }),
    ],
    store: {
      ...store,
      commit: async (plans) => store.commit(plans.map(({ cancel: _, ...plan }) => plan)),
    },
    clock,
    relay: false,
  })
  const target = { aggregateId: 'order-1' }
  const { runId } = await engine.start({ loopId: waiting.id, ...target, actor: payer })
  return { clock, store, engine, relay, target, runId }
}

test('a timer of an earlier stay in a state does not end a later stay', async () => {
  const { clock, store, engine, relay, target, runId } = await withTimersLeftOver()
  clock.advance(minute / 2)
  await engine.transition({ ...target, transitionId: 'again', actor: payer })

  clock.advance(minute / 2)
  await relay.drain()
  expect(await engine.get(target)).toMatchObject({ currentState: 'OPEN', version: 2 })
  expect(await store.delivery('default', `${runId}:1:timeout`)).toBeNull()

  clock.advance(minute / 2)
  await relay.drain()
  expect(await engine.get(target)).toMatchObject({ currentState: 'LAPSED', version: 3 })
})

test('a timer that was left over records nothing of a run that is suspended', async () => {
  const { clock, engine, relay, target } = await withTimersLeftOver()
  await engine.suspend({ ...target, actor: alice, reason: 'look' })

  clock.advance(minute)
  await relay.drain()
  expect(await engine.get(target)).toMatchObject({ status: 'suspended', version: 2 })
})

/** A channel that posts, and the keys of the notices that it got. */
function createMail() {
  const keys: string[] = []
  const mail: Channel = {
    contract: 'channel/v1',
    name: 'mail',
    async notify(_request, _view, { idempotencyKey }) {
      keys.push(idempotencyKey)
      return { sent: keys.length }
    },
  }
  return { keys, mail }
}

/** A request of which people are reminded every half an hour, and the keys of the notices that a channel got. */
async function openReminded() {
  const payment = paymentWith({
    approval: { reviewers: ['role:finance'], expiresIn: '7d', remindEvery: '30m' },
  })
  const { keys, mail } = createMail()
  const clock = createTestClock()
  const system = await createLoopSystem({
    loops: [payment],
    channels: [mail],
    clock,
    relay: false,
  })
  await askForPayment(system)
  await system.relay.drain()
  const later = async (ms: number) => {
    clock.advance(ms)
    await system.relay.drain()
  }
  return { keys, later }
}

test('each reminder is a notice of its own, with its own key', async () => {
  const { keys, later } = await openReminded()
  for (let times = 0; times < 3; times++) await later(30 * minute)
  expect(new Set(keys).size).toBe(4)
})

test('people are reminded once after an outage, and then as often as before', async () => {
  const { keys, later } = await openReminded()
  await later(48 * 60 * minute + minute)
  expect(keys).toHaveLength(2)
  await later(28 * minute)
  expect(keys).toHaveLength(2)
  await later(minute)
  expect(keys).toHaveLength(3)
})

test.each([0, 1])(
  'after an outage that outlasts a request nobody is asked for it; told before: %i',
  async (told) => {
    const reviewers = ['role:finance']
    const escalate = [{ after: '1h', reviewers: ['role:lead'] }]
    const payment = paymentWith({
      approval: { reviewers, expiresIn: '2h', remindEvery: '30m', escalate },
    })
    const { keys, mail } = createMail()
    const clock = createTestClock()
    const store = createMemoryStore()
    const options = { loops: [payment], channels: [mail], store, clock, relay: false }
    const system = await createLoopSystem(options)
    const requestId = await askForPayment(system)
    for (let times = 0; times < told; times++) await system.relay.drain()

    clock.advance(3 * 60 * minute)
    await system.relay.drain()

    expect(keys).toHaveLength(told)
    expect(await system.approvals.get({ id: requestId })).toMatchObject({
      status: 'expired',
      escalated: [],
    })
    expect(await store.nextDueAt()).toBeNull()
  },
)
