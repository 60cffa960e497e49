import { isLoopError, type Actor } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { bankThat } from './bank.fixture.ts'
import { createLoopSystem, defineLoop } from './index.ts'
import { person } from './payment.fixture.ts'

const agent: Actor = { type: 'ai-agent', id: 'agent:payer' }
const approval = { reviewers: ['role:finance'], expiresIn: '2h', allow: ['delegate'] as const }

const payment = defineLoop({
  id: 'payment',
  states: ['OPEN', { id: 'PAID', terminal: true }],
  initialState: 'OPEN',
  transitions: [
    { id: 'note', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'], approval },
    {
      id: 'pay',
      from: 'OPEN',
      to: 'PAID',
      actors: ['ai-agent'],
      approval,
      effect: { integration: 'bank', action: 'pay', semantics: 'at-most-once' },
    },
  ],
})

/**
 * What mallory, who acts for the boss, approved in place of ann, who acts for the chief, has executed; nothing was done
 * about it yet.
 */
async function approved(transitionId: string) {
  const done: string[] = []
  const clock = createTestClock()
  const bank = bankThat(async () => void done.push('paid'))
  const { engine, approvals, relay } = await createLoopSystem({
    loops: [payment],
    integrations: [bank],
    clock,
    relay: false,
    limits: { maxAttempts: 2 },
  })
  const run = { aggregateId: 'order-1', actor: agent }
  await engine.start({ ...run, loopId: 'payment' })
  const asked = await engine.transition({ ...run, transitionId })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const requestId = asked.approvalId
  const ann = { ...person('ann'), onBehalfOf: { type: 'human', id: 'chief' } } as const
  await approvals.delegate({ requestId, actor: ann, to: 'mallory' })
  const decided = await approvals.decide({
    requestId,
    decision: 'approve',
    actor: { type: 'human', id: 'mallory', onBehalfOf: { type: 'human', id: 'boss' } },
  })
  if (decided.status !== 'executed') throw new Error(decided.status)
  const later = async () => {
    clock.advance(10_000)
    await relay.drain()
  }
  return { engine, done, later, transition: decided.transition }
}

const stopOf = (actorId: string) =>
  ({ target: { actorId }, actor: person('olga'), reason: 'stolen' }) as const

test.each(['agent:payer', 'mallory', 'ann', 'boss', 'chief', 'integration:bank'])(
  'an effect waits while %s is stopped: who asked, who approved, in whose place, for whom, who acts',
  async (actorId) => {
    const { engine, done, later } = await approved('pay')
    await engine.stop(stopOf(actorId))
    // More often than an effect may be tried.
    for (let times = 0; times < 3; times++) await later()
    expect(done).toEqual([])

    await engine.release(stopOf(actorId))
    await later()
    expect(done).toEqual(['paid'])
  },
)

test('the record names who approved, who handed the vote on, and for whom they acted', async () => {
  const { engine } = await approved('note')
  const entries = await Array.fromAsync(engine.history({ aggregateId: 'order-1' }))
  const { entry } = entries.find(({ entry }) => entry.type === 'loop.transition.executed') ?? {}
  const people = { reviewers: ['mallory'], handedOnBy: ['ann'], onBehalfOf: ['boss', 'chief'] }
  expect(entry?.approval).toMatchObject(people)
})

test('a sealed function refuses an approval of somebody who is stopped', async () => {
  const { engine, transition } = await approved('note')
  if (transition.status !== 'executed') throw new Error(transition.status)
  const write = engine.seal({ loopId: 'payment', transitionId: 'note' }, async () => 'written')
  await engine.stop(stopOf('mallory'))

  const error: unknown = await write(transition.receipt, {}).catch((thrown: unknown) => thrown)
  expect(isLoopError(error) && error.details).toEqual({ reason: 'stopped' })

  await engine.release(stopOf('mallory'))
  expect(await write(transition.receipt, {})).toBe('written')
})
