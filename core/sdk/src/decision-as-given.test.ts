import { expect, test } from 'vitest'

import { createLoopSystem, LoopBuilder, type DecideInput } from './index.ts'

const agent = { type: 'ai-agent', id: 'agent' } as const

test('a decision is judged and taken as it was given, whatever becomes of the caller’s object meanwhile', async () => {
  const input: { -readonly [Key in keyof DecideInput]: DecideInput[Key] } = {
    requestId: '',
    decision: 'reject',
    actor: { type: 'human', id: 'alice' },
  }
  const payment = LoopBuilder.create('payment')
    .state('ASKED')
    .state('PAID', { isTerminal: true })
    .initialState('ASKED')
    .transition({
      id: 'pay',
      from: 'ASKED',
      to: 'PAID',
      actors: ['ai-agent'],
      // Whoever is not known so well may say no, and nothing else.
      approval: { reviewers: ['role:finance'], expiresIn: '1h', assurance: 'oidc' },
    })
    .build()
  const directory = (_tenant: string, id: string) => {
    // Once alice has been looked up, for what she decided.
    if (id === agent.id) input.decision = 'approve'
    return { roles: ['finance'] }
  }
  const { engine, approvals } = await createLoopSystem({
    loops: [payment],
    identity: { directory },
    relay: false,
  })
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  const asked = await engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  input.requestId = asked.approvalId

  const { status } = await approvals.decide(input)

  expect([status, input.decision]).toEqual(['rejected', 'approve'])
})
