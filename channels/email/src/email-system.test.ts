import { createAuthority, createIntake, createLoopSystem, LoopBuilder } from '@loop-engine/sdk'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createEmailChannel } from './index.ts'
import { createMailboxes } from './mailbox.fixture.ts'

const payment = LoopBuilder.create('payment')
  .state('ASKED')
  .state('PAID', { isTerminal: true })
  .initialState('ASKED')
  .transition({
    id: 'pay',
    from: 'ASKED',
    to: 'PAID',
    actors: ['ai-agent'],
    approval: {
      stages: [{ reviewers: ['role:finance'], quorum: 3 }],
      expiresIn: '1h',
      allow: ['edit'],
    },
  })
  .build()
const agent = { type: 'ai-agent', id: 'agent' } as const
const names = ['ann', 'ben', 'cem', 'dan']

test('after an edit everybody gets one new link, and each later vote brings nobody another', async () => {
  const boxes = await createMailboxes()
  const clock = createTestClock()
  const authority = createAuthority({ name: 'mail' })
  const email = createEmailChannel({
    transport: { host: '127.0.0.1', port: boxes.port, requireTLS: false },
    from: 'loops@example.com',
    recipients: () => names.map((id) => ({ id, address: `${id}@example.com` })),
    linkKey: 'a key of more than thirty-two bytes',
    publicUrl: 'https://loops.example/decide',
    find: (query) => system.approvals.get(query),
    decide: (decision) => intake(decision),
    now: () => clock.now(),
  })
  const system = await createLoopSystem({
    loops: [payment],
    channels: [email],
    clock,
    relay: false,
    identity: { mode: 'verified', authority, directory: () => ({ roles: ['finance'] }) },
  })
  const intake = createIntake({ approvals: system.approvals, authority })
  await system.engine.start({ loopId: 'payment', aggregateId: 'order-1', actor: agent })
  const asked = await system.engine.transition({
    aggregateId: 'order-1',
    transitionId: 'pay',
    actor: agent,
    evidence: { amount: 120 },
  })
  const id = asked.status === 'pending_approval' ? asked.approvalId : ''
  const decide = async (person: string, decision: 'approve' | 'edit'): Promise<void> => {
    const request = await system.approvals.get({ id })
    await intake({
      tenant: 'default',
      requestId: id,
      revision: request?.revision,
      viewHash: request?.viewHash,
      decision,
      ...(decision === 'edit' && { edits: { amount: 90 } }),
      reviewer: { type: 'human', id: person },
      assurance: { method: 'oidc' },
    })
    await system.relay.drain()
  }
  await system.relay.drain()

  await decide('ann', 'edit')
  await decide('ben', 'approve')
  await decide('cem', 'approve')

  const subjects = boxes.of('dan@example.com').map(({ subject }) => subject?.split(':')[0])
  expect(subjects).toEqual(['Decision needed', 'Decision needed', 'Approved'])
  const ann = boxes.of('ann@example.com').map(({ subject }) => subject?.split(':')[0])
  expect(ann).toEqual(['Decision needed', 'Your decision is on record', 'Approved'])
  expect((await system.approvals.get({ id }))?.messages['email']).toMatchObject({ revision: 2 })
  await system.close()
  await boxes.close()
})
