import {
  createAuthority,
  createIntake,
  createLoopSystem,
  LoopBuilder,
  type ApprovalRequest,
} from '@loop-engine/sdk'
import { createTestClock } from '@loop-engine/testing'

import { createEmailChannel, type EmailChannel } from './index.ts'
import { createMailboxes, type Mailboxes } from './mailbox.fixture.ts'

/** A system with one payment that waits for approval by people who are asked by mail. */
export interface PaymentDesk {
  readonly email: EmailChannel
  readonly boxes: Mailboxes
  readonly request: () => Promise<ApprovalRequest | null>
  readonly decide: (person: string, decision: 'approve' | 'abstain' | 'edit') => Promise<void>
  /** Sends all mails that are due. */
  readonly deliver: () => Promise<void>
  /** The subjects of one person's mails, oldest first. */
  readonly subjectsOf: (person: string) => unknown[]
  readonly close: () => Promise<void>
}

export interface PaymentDeskOptions {
  readonly policy: Pick<ApprovalRequest['policy'], 'stages'> & { readonly allow?: ['edit'] }
  /** The people with a mailbox, each with their roles. */
  readonly rolesOf: Readonly<Record<string, readonly string[]>>
}

const agent = { type: 'ai-agent', id: 'agent' } as const

/** Opens a desk at which everybody who may decide has been asked already. */
export async function openPaymentDesk({
  policy,
  rolesOf,
}: PaymentDeskOptions): Promise<PaymentDesk> {
  const boxes = await createMailboxes()
  const clock = createTestClock()
  const authority = createAuthority({ name: 'mail' })
  const email = createEmailChannel({
    transport: { host: '127.0.0.1', port: boxes.port, requireTLS: false },
    from: 'loops@example.com',
    recipients: (reviewer) =>
      Object.keys(rolesOf)
        .filter((id) => rolesOf[id]?.includes(reviewer.replace('role:', '')))
        .map((id) => ({ id, address: `${id}@example.com` })),
    secrets: ['a key of more than thirty-two bytes'],
    publicUrl: 'https://loops.example/decide',
    getApproval: (query) => system.approvals.get(query),
    decide: (decision) => intake(decision),
    clock,
  })
  const payment = LoopBuilder.create('payment')
    .state('ASKED')
    .state('PAID', { isTerminal: true })
    .initialState('ASKED')
    .transition({
      id: 'pay',
      from: 'ASKED',
      to: 'PAID',
      actors: ['ai-agent'],
      approval: { ...policy, expiresIn: '1h' },
    })
    .build()
  const directory = (_tenant: string, id: string) => ({ roles: rolesOf[id] ?? [] })
  const system = await createLoopSystem({
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

  const request = () => system.approvals.get({ id })
  return {
    email,
    boxes,
    request,
    async decide(person, decision) {
      const { revision, viewHash } = (await request()) ?? {}
      await intake({
        tenant: 'default',
        requestId: id,
        revision,
        viewHash,
        decision,
        ...(decision === 'edit' && { edits: { amount: 90 } }),
        reviewer: { type: 'human', id: person },
        assurance: { method: 'oidc' },
      })
    },
    async deliver() {
      await system.relay.drain()
    },
    subjectsOf: (person) =>
      boxes.of(`${person}@example.com`).map(({ subject }) => subject?.split(':')[0]),
    async close() {
      await system.close()
      await boxes.close()
    },
  }
}
