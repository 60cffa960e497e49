import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, defineLoop } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent:1' } as const
const alice = { type: 'human', id: 'alice' } as const

test('without conflict retries a refusal is still a refusal and not a conflict', async () => {
  const loop = defineLoop({
    id: 'payment',
    states: ['OPEN', { id: 'DONE', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      {
        id: 'pay',
        from: 'OPEN',
        to: 'OPEN',
        actors: ['ai-agent'],
        guards: [
          { id: 'sure', use: 'confidence-threshold', with: { min: 0.8 } },
          { id: 'rate-limit', with: { limit: 1, window: '1h' } },
        ],
      },
      { id: 'close', from: 'OPEN', to: 'DONE', actors: ['human'] },
    ],
  })
  const { engine, close } = await createLoopSystem({
    loops: [loop],
    relay: false,
    limits: { maxConflictRetries: 0 },
  })
  const target = { aggregateId: 'order-1', actor: agent }
  await engine.start({ loopId: 'payment', ...target })
  const pay = async (confidence: number) =>
    engine.transition({ ...target, transitionId: 'pay', evidence: { confidence } })

  expect(await pay(0.1)).toMatchObject({ status: 'guard_failed', reason: 'sure' })
  expect(await pay(0.9)).toMatchObject({ status: 'executed' })
  expect(await pay(0.9)).toMatchObject({ status: 'rejected', reason: 'limit_reached' })
  await engine.stop({ target: { loopId: 'payment' }, actor: alice, reason: 'look' })
  expect(await pay(0.9)).toMatchObject({ status: 'rejected', reason: 'stopped' })
  await close()
})

/** A run that others move as often as `contend` says, and the calls that contend with them. */
async function openContended() {
  const loop = defineLoop({
    id: 'payment',
    states: ['OPEN', { id: 'DONE', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      { id: 'note', from: 'OPEN', to: 'OPEN', actors: ['ai-agent'] },
      { id: 'pay', from: 'OPEN', to: 'DONE', actors: ['ai-agent'], approval: { reviewers: ['*'] } },
    ],
  })
  const store = createMemoryStore()
  let conflicts = 0
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    store: {
      ...store,
      commit: async (plans) =>
        conflicts-- > 0
          ? plans.map(() => ({ kind: 'conflict', actual: null }))
          : store.commit(plans),
    },
    relay: false,
    limits: { maxConflictRetries: 1 },
  })
  const run = { aggregateId: 'order-1', actor: agent }
  await engine.start({ loopId: 'payment', ...run })
  const noted = await engine.transition({ ...run, transitionId: 'note' })
  const asked = await engine.transition({ ...run, transitionId: 'pay' })
  if (asked.status !== 'pending_approval' || noted.status !== 'executed')
    throw new Error(asked.status)
  const { approvalId: requestId } = asked
  const calls = {
    transition: () => engine.transition({ ...run, transitionId: 'note' }),
    cancel: () => engine.cancel({ ...run, reason: 'enough' }),
    stop: () => engine.stop({ target: { loopId: 'payment' }, actor: alice, reason: 'look' }),
    decide: () => approvals.decide({ requestId, decision: 'reject', actor: alice }),
    'a sealed function': () =>
      engine.seal({ loopId: 'payment', transitionId: 'note' }, async () => 'written')(
        noted.receipt,
        {},
      ),
  }
  return { calls, contend: (times: number) => void (conflicts = times) }
}

test.each(['transition', 'cancel', 'stop', 'decide', 'a sealed function'] as const)(
  '%s is tried again when the run moved; while it keeps moving it may be called again',
  async (name) => {
    const { calls, contend } = await openContended()
    contend(10)
    await expect(calls[name]()).rejects.toMatchObject({ code: 'conflict', retryable: true })
    contend(1)
    await calls[name]()
  },
)
