import { expect, test } from 'vitest'

import { createLoopSystem } from './index.ts'
import { askForPayment, payer, paymentLoop, person } from './payment.fixture.ts'

test('however often an agent asked, nothing waits for people once the run has moved', async () => {
  const system = await createLoopSystem({ loops: [paymentLoop(1)], relay: false })
  const { engine, approvals } = system
  const requestId = await askForPayment(system)
  const again = {
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: payer,
  }
  for (let more = 0; more < 1001; more++) await engine.transition(again)

  await approvals.decide({ requestId, decision: 'approve', actor: person('bob') })

  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ openApprovals: 0 })
  expect(await approvals.inbox({ actor: person('bob') })).toEqual([])
})
