import type { Actor } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat, paymentByBank } from './bank.fixture.ts'
import { createLoopSystem, type LoopSystem } from './index.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
const alice: Actor = { type: 'human', id: 'alice' }
const aggregateId = 'order-1'

const payment = paymentByBank(
  { semantics: 'at-most-once', onSuccess: 'paid', onFailure: 'failed' },
  {
    more: [
      { id: 'note', from: 'PAYING', to: 'PAYING', actors: ['ai-agent'] },
      { id: 'correct', from: 'PAYING', to: 'OPEN', actors: ['ai-agent'] },
    ],
  },
)

/** A bank that does what the test says at its first payment. */
async function open(atFirst: (system: LoopSystem) => Promise<void>) {
  const paid: number[] = []
  let times = 0
  const bank = bankThat(async () => {
    times += 1
    if (times === 1) await atFirst(system)
    paid.push(times)
  })
  const system = await createLoopSystem({
    loops: [payment],
    integrations: [bank],
    clock: createTestClock(),
    relay: false,
  })
  await system.engine.start({ loopId: payment.id, aggregateId, actor: agent })
  await take(system, 'pay')
  const taken = async () => {
    const taken: string[] = []
    for await (const { entry } of system.engine.history({ aggregateId }))
      if (entry.actor.type === 'automation' && entry.type.startsWith('loop.transition.'))
        taken.push([entry.transitionId, entry.reason].filter(Boolean).join(' '))
    return taken
  }
  const state = async () => (await system.engine.get({ aggregateId }))?.currentState
  return { ...system, paid, taken, state }
}

const take = async (system: LoopSystem, transitionId: string) =>
  system.engine.transition({ aggregateId, transitionId, actor: agent })

async function payAgain(system: LoopSystem): Promise<void> {
  await take(system, 'correct')
  await take(system, 'pay')
}

test('an effect that fails late does not end a newer order', async () => {
  const { relay, paid, taken, state } = await open(async (system) => {
    await payAgain(system)
    throw new Error('no')
  })

  await relay.drain()

  expect(paid).toEqual([2])
  expect(await taken()).toEqual(['failed not_from_this_state', 'paid'])
  expect(await state()).toBe('PAID')
})

test('an effect that ended late while its run was suspended does not end a newer order either', async () => {
  const { engine, relay, taken, state } = await open(async (system) => {
    await payAgain(system)
    await system.engine.suspend({ aggregateId, actor: alice, reason: 'wait' })
    throw new Error('no')
  })
  await relay.drain()

  await engine.resume({ aggregateId, actor: alice, reason: 'go on' })
  expect(await taken()).toEqual(['failed not_from_this_state'])
  expect(await state()).toBe('PAYING')
})

test('a run that stayed in its state takes the follow-up, whatever else happened there', async () => {
  const { engine, relay, taken, state } = await open(async (system) => {
    await take(system, 'note')
    await system.engine.suspend({ aggregateId, actor: alice, reason: 'wait' })
  })
  await relay.drain()

  await engine.resume({ aggregateId, actor: alice, reason: 'go on' })
  expect(await taken()).toEqual(['paid'])
  expect(await state()).toBe('PAID')
})
