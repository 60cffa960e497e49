import { expect, test } from 'vitest'

import { createLoopSystem, type LoopSystem } from './index.ts'
import { paymentLoop, person } from './payment.fixture.ts'

const actor = { type: 'ai-agent', id: 'agent:payer' } as const

async function ask({ engine }: LoopSystem, tenant: string): Promise<string> {
  await engine.start({ loopId: 'payment', aggregateId: 'order-1', actor, tenant })
  const asked = await engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor,
    tenant,
  })
  return asked.status === 'pending_approval' ? asked.approvalId : asked.status
}

test('who waits for a request hears nothing of one with the same id in another tenant', async () => {
  const ids = { id: () => 'same', salt: () => '0'.repeat(32) }
  const system = await createLoopSystem({ loops: [paymentLoop(1)], ids, relay: false })
  const requestId = await ask(system, 'theirs')
  expect(await ask(system, 'ours')).toBe(requestId)

  const waiting = system.approvals.wait({ requestId, tenant: 'ours' })
  const decide = { requestId, actor: person('alice') }
  await system.approvals.decide({ ...decide, tenant: 'theirs', decision: 'approve' })
  await system.approvals.decide({ ...decide, tenant: 'ours', decision: 'reject' })

  expect(await waiting).toMatchObject({ tenant: 'ours', status: 'rejected' })
})
