import { expect, test } from 'vitest'

import { createLoopSystem, type DecideInput } from './index.ts'
import { askForPayment, payer, paymentWith, person } from './payment.fixture.ts'

test('a decision is judged and recorded as it was given, even if the caller changes its object meanwhile', async () => {
  const input: { -readonly [Key in keyof DecideInput]: DecideInput[Key] } = {
    requestId: '',
    decision: 'reject',
    actor: person('alice'),
  }
  // Whoever is not known so well may say no, and nothing else.
  const approval = { reviewers: ['role:finance'], expiresIn: '1h', assurance: 'oidc' } as const
  const directory = (_tenant: string, id: string) => {
    // Once alice has been looked up, for what she decided.
    if (id === payer.id) input.decision = 'approve'
    return { roles: ['finance'] }
  }
  const { engine, approvals } = await createLoopSystem({
    loops: [paymentWith({ approval })],
    identity: { directory },
    relay: false,
  })
  input.requestId = await askForPayment({ engine })

  const { status } = await approvals.decide(input)

  expect([status, input.decision]).toEqual(['rejected', 'approve'])
})
