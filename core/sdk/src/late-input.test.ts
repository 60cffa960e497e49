import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { paymentByBank } from './bank.fixture.ts'
import { createLoopSystem } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:payer' } as const
const loop = paymentByBank({
  semantics: 'at-most-once',
  onSuccess: 'paid',
  onFailure: 'failed',
})

/** A payment whose input is read by a promise. */
async function open(parse: (input: unknown) => Promise<unknown>) {
  const clock = createTestClock()
  const paid: unknown[] = []
  const run = async (input: unknown): Promise<void> => void paid.push(input)
  const bank = {
    contract: 'integration/v1',
    name: 'bank',
    actions: { pay: { input: { parse }, run } },
  } as const
  const { engine, relay } = await createLoopSystem({
    loops: [loop],
    integrations: [bank],
    clock,
    relay: false,
  })
  const order = { aggregateId: 'order-1', actor: agent }
  await engine.start({ ...order, loopId: 'payment' })
  await engine.transition({ ...order, transitionId: 'pay', evidence: { amount: 5 } })
  const state = async () => (await engine.get(order))?.currentState
  return { clock, relay, paid, state }
}

test('an action gets the input that its async parse returns', async () => {
  const { relay, paid, state } = await open(async (input) => input)
  await relay.drain()
  expect(paid).toEqual([{ amount: 5 }])
  expect(await state()).toBe('PAID')
})

test('input that an async parse refuses does not run', async () => {
  const { relay, paid, state } = await open(async () => {
    throw new Error('no such account')
  })
  await relay.drain()
  expect(paid).toEqual([])
  expect(await state()).toBe('FAILED')
})

test('input whose async parse takes too long does not run', async () => {
  const read = Promise.withResolvers<unknown>()
  const asked = Promise.withResolvers<void>()
  const { clock, relay, paid } = await open(async () => {
    asked.resolve()
    return read.promise
  })
  const drained = relay.drain()
  await asked.promise
  clock.advance(30_000)
  await drained
  read.resolve({ amount: 5 })
  await read.promise
  await new Promise((resolve) => setImmediate(resolve))
  expect(paid).toEqual([])
})
