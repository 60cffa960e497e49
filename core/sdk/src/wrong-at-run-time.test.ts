import { LoopError, type Clock, type LoopStore, type Telemetry } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat, paymentByBank } from './bank.fixture.ts'
import { createLoopSystem, createMemoryStore } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const target = { aggregateId: 'order-1', actor: agent }
const payment = paymentByBank({ semantics: 'idempotent', onSuccess: 'paid' })
const common = { loops: [payment], integrations: [bankThat(async () => undefined)] }

test('a store that throws costs the lease, and does not end the process', async () => {
  const clock = createTestClock()
  const begun = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const reported = Promise.withResolvers<unknown>()
  const { engine, relay, close } = await createLoopSystem({
    loops: [payment],
    integrations: [
      bankThat(async () => {
        begun.resolve()
        await answer.promise
      }),
    ],
    store: { ...createMemoryStore(), extend: () => fail() },
    clock,
    relay: false,
    onError: reported.resolve,
  })
  await engine.start({ loopId: 'payment', ...target })
  await engine.transition({ ...target, transitionId: 'pay' })
  const draining = relay.drain()
  await begun.promise

  clock.advance(10_000)
  expect(await reported.promise).toBeInstanceOf(Error)
  answer.resolve()
  await draining

  expect(await engine.get(target)).toMatchObject({ currentState: 'PAID' })
  await close()
})

test.each([
  ['throws what is no error of ours', () => fail()],
  ['answers with nothing', async () => undefined],
])('a store that %s when it commits leaves the outcome unknown', async (_, commit) => {
  const { engine } = await createLoopSystem({
    ...common,
    store: { ...createMemoryStore(), commit: commit as unknown as LoopStore['commit'] },
    relay: false,
  })
  await expect(engine.start({ loopId: 'payment', ...target })).rejects.toMatchObject({
    code: 'unknown_outcome',
    retryable: true,
    plugin: 'memory',
  })
})

test('an error of the store at a commit is thrown to the caller', async () => {
  const away = new LoopError('unavailable', 'The store is away.', { retryable: true })
  const commit = async () => Promise.reject(away)
  const { engine } = await createLoopSystem({
    ...common,
    store: { ...createMemoryStore(), commit },
    relay: false,
  })
  await expect(engine.start({ loopId: 'payment', ...target })).rejects.toBe(away)
})

test('a telemetry that throws is reported, and the commit does not fail', async () => {
  const errors: unknown[] = []
  const telemetry = {
    contract: 'telemetry/v1',
    name: 'broken',
    start: async (_: unknown, work: () => Promise<unknown>) => work(),
    recorded: () => fail(),
    carry: () => undefined,
  } as unknown as Telemetry
  const { engine } = await createLoopSystem({
    ...common,
    telemetry,
    relay: false,
    onError: (error) => errors.push(error),
  })

  expect(await engine.start({ loopId: 'payment', ...target })).toMatchObject({ version: 1 })
  expect(errors).toEqual([new Error('broken')])
})

test('engine.stops rejects when the store throws', async () => {
  const { engine } = await createLoopSystem({
    ...common,
    store: { ...createMemoryStore(), stops: () => fail() },
    relay: false,
  })
  await expect(engine.stops()).rejects.toThrow('broken')
})

test('a clock whose sleep rejects when it is woken, as in Node, is not reported', async () => {
  const errors: unknown[] = []
  const still = createTestClock()
  const clock: Clock = {
    now: still.now,
    async sleep(ms, signal) {
      await still.sleep(ms, signal)
      signal?.throwIfAborted()
    },
  }
  const paid = Promise.withResolvers<void>()
  const { engine, close } = await createLoopSystem({
    loops: [payment],
    integrations: [bankThat(async () => paid.resolve())],
    clock,
    onError: (error) => errors.push(error),
  })
  await engine.start({ loopId: 'payment', ...target })
  await engine.transition({ ...target, transitionId: 'pay' })

  await paid.promise
  await close()

  expect(errors).toEqual([])
})

test('a clock that throws ends the relay and is reported, and the store is still closed', async () => {
  const reported = Promise.withResolvers<unknown>()
  let isClosed = false
  const { close } = await createLoopSystem({
    ...common,
    store: { ...createMemoryStore(), close: async () => void (isClosed = true) },
    clock: { now: () => 0, sleep: async () => fail() },
    onError: reported.resolve,
  })

  expect(await reported.promise).toEqual(new Error('broken'))
  await close()

  expect(isClosed).toBe(true)
})

test('a clock whose sleep returns no promise is refused', async () => {
  const clock = { now: () => 0, sleep: () => undefined } as unknown as Clock
  await expect(createLoopSystem({ ...common, clock })).rejects.toMatchObject({
    code: 'invalid_config',
    path: '/clock/sleep',
  })
})

function fail(): never {
  throw new Error('broken')
}
