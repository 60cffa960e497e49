import {
  createAuthority,
  createIntake,
  createLoopSystem,
  LoopBuilder,
  type LoopSystem,
} from '@loop-engine/sdk'
import { createTestClock } from '@loop-engine/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { createEmailChannel, type EmailChannel } from './index.ts'
import { createMailboxes, type Mailboxes } from './mailbox.fixture.ts'

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
      stages: [
        { reviewers: ['role:operations'], quorum: 1 },
        { reviewers: ['role:security'], quorum: 1 },
      ],
      expiresIn: '1h',
    },
  })
  .build()
const agent = { type: 'ai-agent', id: 'agent' } as const
const rolesOf: Readonly<Record<string, readonly string[]>> = {
  ann: ['operations', 'security'],
  ben: ['operations'],
}

let boxes: Mailboxes
let email: EmailChannel
let system: LoopSystem
let decide: (person: string, decision: 'approve' | 'abstain') => Promise<void>

beforeEach(async () => {
  boxes = await createMailboxes()
  const clock = createTestClock()
  const authority = createAuthority({ name: 'mail' })
  email = createEmailChannel({
    transport: { host: '127.0.0.1', port: boxes.port, requireTLS: false },
    from: 'loops@example.com',
    recipients: (reviewer) =>
      Object.keys(rolesOf)
        .filter((id) => rolesOf[id]?.includes(reviewer.replace('role:', '')))
        .map((id) => ({ id, address: `${id}@example.com` })),
    linkKey: 'a key of more than thirty-two bytes',
    publicUrl: 'https://loops.example/decide',
    find: (query) => system.approvals.get(query),
    decide: (decision) => intake(decision),
    now: () => clock.now(),
  })
  const directory = (_tenant: string, id: string) => ({ roles: rolesOf[id] ?? [] })
  system = await createLoopSystem({
    loops: [payment],
    channels: [email],
    clock,
    relay: false,
    identity: { mode: 'verified', authority, directory },
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
  await system.relay.drain()
  decide = async (person, decision) => {
    const request = await system.approvals.get({ id })
    await intake({
      tenant: 'default',
      requestId: id,
      revision: 1,
      viewHash: request?.viewHash,
      decision,
      reviewer: { type: 'human', id: person },
      assurance: { method: 'oidc' },
    })
  }
})
afterEach(async () => {
  await system.close()
  await boxes.close()
})

const subjectsOf = (person: string): unknown[] =>
  boxes.of(`${person}@example.com`).map(({ subject }) => subject?.split(':')[0])

test('whose vote completes a stage hears of it, like everybody in whose name something was decided', async () => {
  await decide('ben', 'approve')
  await system.relay.drain()

  expect(subjectsOf('ben')).toEqual(['Decision needed', 'Your decision is on record'])
})

test.each(['each is told of at once', 'are told of together'])(
  'who abstained at one stage is asked at the next, also when the changes %s',
  async (when) => {
    await decide('ann', 'abstain')
    if (when.startsWith('each')) await system.relay.drain()
    await decide('ben', 'approve')
    await system.relay.drain()

    const subjects = subjectsOf('ann')
    expect(subjects.filter((subject) => subject === 'Decision needed')).toHaveLength(2)
    expect(subjects.filter((subject) => subject === 'Your decision is on record')).toHaveLength(1)
    expect(subjects).toHaveLength(3)
    const link = boxes.of('ann@example.com')[0]?.text?.match(/https:\S+link=\S+/)?.[0] ?? ''
    expect(await (await email.handle(new Request(link))).text()).toContain('Your decision</h2>')
  },
)
