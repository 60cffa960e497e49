import { createAuthority } from '@loop-engine/actors'
import type { Actor } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem } from './index.ts'
import { askForPayment, paymentWith } from './payment.fixture.ts'

test('a person whose authentication is too weak to approve cannot hand the approval on', async () => {
  const authority = createAuthority({ name: 'doors' })
  const loop = paymentWith({
    approval: { reviewers: ['ada'], expiresIn: '1h', allow: ['delegate'], assurance: 'oidc' },
  })
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    identity: { authority },
    relay: false,
  })
  const requestId = await askForPayment({ engine })
  const known = (id: string, method: string): Actor =>
    authority.vouch({ type: 'human', id }, { method })
  const handOn = async (method: string) =>
    approvals.delegate({ requestId, actor: known('ada', method), to: 'mallory' })
  const approve = { requestId, decision: 'approve', actor: known('mallory', 'oidc') } as const

  const weak = { status: 'refused', reason: 'assurance_too_low' }
  expect(await handOn('slack')).toMatchObject(weak)
  expect(await approvals.decide(approve)).toMatchObject({ reason: 'not_entitled' })
  expect(await handOn('oidc')).toMatchObject({ status: 'recorded' })
  expect(await approvals.decide(approve)).toMatchObject({ status: 'executed' })
})
