import { canonicalize, saltedDigest, type ApprovalRequest } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { createLoopSystem, LoopBuilder, type HistoryItem, type LoopSystem } from './index.ts'

const refund = LoopBuilder.create('support.refund')
  .state('REQUESTED')
  .state('REFUNDED', { isTerminal: true })
  .initialState('REQUESTED')
  .transition({
    id: 'refund',
    from: 'REQUESTED',
    to: 'REFUNDED',
    actors: ['ai-agent'],
    approval: {
      reviewers: ['role:finance'],
      expiresIn: '2h',
      quorum: 2,
      allow: ['edit', 'respond'],
    },
  })
  .build()
const agent = { type: 'ai-agent', id: 'agent:support' } as const
const alice = { type: 'human', id: 'alice', roles: ['finance'] } as const
const bob = { type: 'human', id: 'bob', roles: ['finance'] } as const
const given = { account: 'DE12' }
const edited = { account: 'DE34' }

/** A refund whose evidence somebody edited, and another approved, after a third had asked back. */
async function refunded(): Promise<{ system: LoopSystem; requestId: string }> {
  const system = await createLoopSystem({ loops: [refund] })
  await system.engine.start({ loopId: refund.id, aggregateId: 'order-7', actor: agent })
  const asked = await system.engine.transition({
    aggregateId: 'order-7',
    transitionId: 'refund',
    actor: agent,
    evidence: given,
  })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const requestId = asked.approvalId
  const { decide } = system.approvals
  await decide({ requestId, decision: 'respond', actor: bob, response: { why: 'me' } })
  await decide({ requestId, decision: 'edit', actor: alice, edits: edited })
  await decide({ requestId, decision: 'approve', actor: bob })
  return { system, requestId }
}

async function erase(
  { engine, approvals }: LoopSystem,
  requestId: string,
  type: HistoryItem['entry']['type'],
): Promise<{ request: ApprovalRequest | null; digest: string | undefined }> {
  const items = await Array.fromAsync(engine.history({ aggregateId: 'order-7' }))
  const { entry } = items.find((item) => item.entry.type === type) ?? {}
  await engine.erase({
    aggregateId: 'order-7',
    seq: entry?.seq ?? 0,
    actor: alice,
    reason: 'art. 17',
  })
  return { request: await approvals.get({ id: requestId }), digest: entry?.evidence?.digest }
}

test('evidence that was edited leaves no copy in its request when the execution is erased', async () => {
  const { system, requestId } = await refunded()

  const { request } = await erase(system, requestId, 'loop.transition.executed')

  expect(request).toMatchObject({ status: 'approved', evidence: null, view: { fields: [] } })
  expect(JSON.stringify(request)).not.toContain('DE34')
})

test('nothing that is left tells a right guess of erased evidence from a wrong one by its digest', async () => {
  const { system, requestId } = await refunded()

  const { request, digest } = await erase(system, requestId, 'loop.transition.executed')

  expect(digest).toBeDefined()
  expect(saltedDigest(request?.salt ?? '', canonicalize(edited))).not.toBe(digest)
})

test.each(['loop.approval.decided', 'loop.approval.approved'] as const)(
  'an entry with other evidence, or none, takes none away from its request: %s',
  async (type) => {
    const { system, requestId } = await refunded()

    const { request } = await erase(system, requestId, type)

    expect(request).toMatchObject({ evidence: edited })
  },
)
