import { digestOf, evidenceDigest, type ApprovalRequest } from '@loop-engine/core'
import { actionOf } from '@loop-engine/runtime'
import { expect, test } from 'vitest'

import { createChangedStore, type ChangeByHand } from './changed-store.fixture.ts'
import { createLoopSystem, createMemoryStore, type LoopSystem } from './index.ts'
import { askForPayment, paymentWith, person } from './payment.fixture.ts'

const quorum = { reviewers: ['role:finance'], quorum: 2, allow: ['delegate', 'edit'] as const }

/** A payment that two people have to approve, whose request somebody with access to the database changes by hand. */
async function askAndChange(by: ChangeByHand, policy: object = quorum) {
  const { store, change } = createChangedStore(by)
  const loop = paymentWith({ approval: policy })
  const errors: unknown[] = []
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    store,
    relay: false,
    onError: (error) => void errors.push(error),
  })
  const requestId = await askForPayment({ engine }, { evidence: { cents: 500 } })
  const decide = async (id: string, decision: 'approve' | 'reject' = 'approve') =>
    approvals.decide({ requestId, decision, actor: person(id) })
  return {
    decide,
    errors,
    approvals,
    requestId,
    change,
    run: async () => engine.get({ aggregateId: 'order-1' }),
  }
}

const vote = (id: string) =>
  ({ decision: 'approve', reviewer: person(id), stage: 0, revision: 1, at: 1 }) as const

const changes: Record<string, ChangeByHand> = {
  'what is asked, with its digests': (request, run) => {
    const evidence = { cents: 5_000_000 }
    const salt = 'ab'.repeat(16)
    const { digest } = evidenceDigest({ text: JSON.stringify(evidence), salt })
    const actionDigest = digestOf(actionOf(run, request.transitionId, digest, null))
    return { evidence, salt, actionDigest }
  },
  'what is asked alone': () => ({ evidence: { cents: 5_000_000 } }),
  'what people are shown': ({ view }) => ({ view: { ...view, title: 'pay 5 cents' } }),
  'the policy': ({ policy }) => ({
    policy: { ...policy, stages: policy.stages.map((stage) => ({ ...stage, quorum: 1 })) },
  }),
  'the votes': ({ decisions }) => ({ decisions: [vote('mallory'), ...decisions] }),
  'whose votes they are': ({ decisions }) => ({
    decisions: decisions.map((made) => ({ ...made, handedOnBy: ['mallory'] })),
  }),
  'what is asked for': () => ({ transitionId: 'refund' }),
  'about which loop it is': () => ({ loopId: 'refund' }),
  'who asked': () => ({ requester: { type: 'ai-agent', id: 'agent:other' } }),
  'the expiry': ({ expiresAt }) => ({ expiresAt: expiresAt + 1 }),
  'who was added by an escalation': () => ({ escalated: ['mallory'] }),
  'who was handed a vote': () => ({
    delegations: [{ from: 'ann', to: 'mallory', stage: 0, at: 1 }],
  }),
  'who was handed a vote, beyond reading': () =>
    ({ delegations: [{ from: 'ann' }] }) as unknown as Partial<ApprovalRequest>,
}

test.each(Object.keys(changes))('a request does not execute if %s was changed', async (what) => {
  const { decide, change, run } = await askAndChange(changes[what] ?? (() => ({})))
  if (what === 'the policy' || what === 'the votes') change()
  else {
    await decide('ann')
    change()
  }
  await expect(decide('ben')).rejects.toMatchObject({ code: 'corrupt' })
  expect(await run()).toMatchObject({ currentState: 'ASKED', status: 'active' })
})

test('a request with a duplicated vote does not execute', async () => {
  const { decide, change, run } = await askAndChange(
    ({ decisions }) => ({ decisions: [...decisions, ...decisions] }),
    { ...quorum, quorum: 3 },
  )
  await decide('ann')
  change()
  await expect(decide('ben')).rejects.toMatchObject({ code: 'corrupt' })
  expect(await run()).toMatchObject({ currentState: 'ASKED' })
})

test.each(['rejected', 'withdrawn'])(
  'a request that was %s cannot be opened again by hand',
  async (how) => {
    const { approvals, requestId, decide, change, run } = await askAndChange(
      () => ({ status: 'pending', decidedAt: null, decisions: [] }),
      { reviewers: ['role:finance'] },
    )
    await (how === 'rejected'
      ? decide('ann', 'reject')
      : approvals.withdraw({ requestId, actor: person('ann') }))
    change()
    await expect(decide('ben')).rejects.toMatchObject({ code: 'corrupt' })
    expect(await run()).toMatchObject({ currentState: 'ASKED' })
  },
)

test('a changed request can be rejected, but the transition that its changed policy names does not follow', async () => {
  const { decide, change, run, errors } = await askAndChange(({ policy }) => ({
    policy: { ...policy, onReject: 'pay' },
  }))
  change()
  expect(await decide('ann', 'reject')).toMatchObject({ status: 'rejected' })
  expect(await run()).toMatchObject({ currentState: 'ASKED', status: 'active', openApprovals: 0 })
  expect(errors).toMatchObject([{ code: 'corrupt' }])
})

test('a request whose delegation names nobody behind the delegator, as the record does, counts as changed', async () => {
  const { approvals, requestId, decide, change } = await askAndChange(({ delegations }) => ({
    delegations: delegations.map(({ onBehalfOf: _, ...one }) => one),
  }))
  const ann = { ...person('ann'), onBehalfOf: { type: 'human', id: 'chief' } } as const
  await approvals.delegate({ requestId, actor: ann, to: 'dora' })
  change()
  await expect(decide('ben')).rejects.toMatchObject({ code: 'corrupt' })
})

test('edits, delegations and messages on record are not taken for changes by hand', async () => {
  const { approvals, requestId, run } = await askAndChange(() => ({}))
  const by = (id: string) => ({ requestId, actor: person(id) })
  await approvals.delegate({ ...by('ann'), to: 'dora' })
  await approvals.decide({ ...by('ben'), decision: 'abstain' })
  await approvals.decide({ ...by('cleo'), decision: 'edit', edits: { cents: 400 } })
  await approvals.decide({ ...by('dora'), decision: 'approve' })
  expect(await run()).toMatchObject({ currentState: 'PAID' })
})

/** A payment that one process asks for, and another moves before the row of its request is put back by hand. */
async function askMoveAndPutBack(
  move: (there: LoopSystem, requestId: string) => Promise<unknown>,
  policy: object,
) {
  const kept = createMemoryStore()
  let old: ApprovalRequest | null = null
  const store = {
    ...kept,
    approval: async (tenant: string, id: string) => old ?? kept.approval(tenant, id),
  }
  const loops = [paymentWith({ approval: policy })]
  const here = await createLoopSystem({ loops, store, relay: false })
  const there = await createLoopSystem({ loops, store: kept, relay: false })
  const requestId = await askForPayment(here, { evidence: { cents: 500 } })
  const asked = await kept.approval('default', requestId)
  await move(there, requestId)
  old = asked
  return {
    approve: async (id: string) =>
      here.approvals.decide({ requestId, decision: 'approve', actor: person(id) }),
    lookAgain: () => (old = null),
  }
}

test('a process compares its own request with the record once another process has moved the run', async () => {
  const { approve } = await askMoveAndPutBack(
    ({ approvals }, requestId) =>
      approvals.delegate({ requestId, actor: person('ann'), to: 'dora' }),
    { ...quorum, quorum: 1 },
  )
  await expect(approve('ben')).rejects.toMatchObject({ code: 'corrupt' })
})

test('a request that was set back takes no vote, and goes on once it is repaired', async () => {
  const { approve, lookAgain } = await askMoveAndPutBack(
    ({ approvals }, requestId) =>
      approvals.decide({
        requestId,
        actor: person('ann'),
        decision: 'edit',
        edits: { cents: 400 },
      }),
    quorum,
  )
  await expect(approve('ben')).rejects.toMatchObject({ code: 'corrupt' })
  lookAgain()
  expect(await approve('cleo')).toMatchObject({ status: 'executed' })
})

test('a process does not compare a request of its own that nobody touched', async () => {
  const kept = createMemoryStore()
  let read = 0
  const store = {
    ...kept,
    async entries(...query: Parameters<typeof kept.entries>) {
      read += 1
      return kept.entries(...query)
    },
  }
  const loops = [paymentWith({ approval: { reviewers: ['role:finance'] } })]
  const { engine, approvals } = await createLoopSystem({ loops, store, relay: false })
  const requestId = await askForPayment({ engine }, { evidence: { cents: 500 } })
  await approvals.decide({ requestId, decision: 'approve', actor: person('ann') })
  expect(await engine.get({ aggregateId: 'order-1' })).toMatchObject({ currentState: 'PAID' })
  expect(read).toBe(0)
})

/** What a change by hand, which is put right again later, lets somebody do in the meantime. */
async function whileChanged(policy: object, by: ChangeByHand) {
  const { requestId, approvals, change } = await askAndChange(by, policy)
  change()
  return { requestId, approvals }
}

const mallory = { type: 'human', id: 'mallory' } as const
const handedOn = [{ from: 'ann', to: 'mallory', stage: 0, at: 1 }]

test.each([
  ['approve', {}],
  ['edit', { edits: { cents: 1 } }],
  ['abstain', {}],
] as const)('nobody can %s by a change that is put right afterwards', async (decision, more) => {
  const { approvals, requestId } = await whileChanged(quorum, () => ({ delegations: handedOn }))
  await expect(
    approvals.decide({ requestId, decision, actor: mallory, ...more }),
  ).rejects.toMatchObject({ code: 'corrupt' })
})

test('a request that was changed by hand lets nobody hand on a vote', async () => {
  const { approvals, requestId } = await whileChanged(quorum, () => ({ delegations: handedOn }))
  await expect(approvals.delegate({ requestId, actor: mallory, to: 'eve' })).rejects.toMatchObject({
    code: 'corrupt',
  })
})

test('a request that was changed by hand lets nobody vote before the turn of the stage', async () => {
  const stages = [{ reviewers: ['ann'] }, { reviewers: ['ben'] }]
  const { approvals, requestId } = await whileChanged({ stages }, () => ({ stage: 1 }))
  await expect(
    approvals.decide({ requestId, decision: 'approve', actor: person('ben') }),
  ).rejects.toMatchObject({ code: 'corrupt' })
})

test.each([
  ['key', { aggregateId: 'order-2' }],
  ['loop', { loopId: 'refund' }],
])('a request does not execute if its run was given another %s', async (_, change) => {
  const kept = createMemoryStore()
  const loops = [paymentWith({ approval: quorum })]
  const asking = await createLoopSystem({ loops, store: kept, relay: false })
  const requestId = await askForPayment(asking, { evidence: { cents: 500 } })
  const { approvals } = await createLoopSystem({
    loops,
    store: {
      ...kept,
      async getRun(...of) {
        const run = await kept.getRun(...of)
        return run && { ...run, ...change }
      },
    },
    relay: false,
  })
  const decided = approvals.decide({ requestId, decision: 'approve', actor: person('ann') })
  await expect(decided).rejects.toMatchObject({ code: 'corrupt' })
})
