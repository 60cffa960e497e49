import { expect, test } from 'vitest'

import { createLoopSystem, createMemoryStore, verifyStore } from './index.ts'
import { askForPayment, paymentWith } from './payment.fixture.ts'

const person = (id: string) => ({ type: 'human', id }) as const

/**
 * A payment that two of the team approve, and then the owner;
 * what each person may is in `roles`, who shares one in `people`.
 */
async function ask(
  roles: Readonly<Record<string, readonly string[]>>,
  people: Readonly<Record<string, string>> = {},
) {
  const store = createMemoryStore()
  const loop = paymentWith({
    approval: {
      stages: [
        { reviewers: ['role:team'], quorum: 2 },
        { reviewers: ['role:owner'], quorum: 1 },
      ],
      allow: ['edit', 'delegate'],
    },
  })
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    store,
    relay: false,
    identity: {
      directory: (_, id) => ({ roles: roles[id] ?? [], identityClass: people[id] ?? id }),
    },
  })
  const requestId = await askForPayment({ engine }, { evidence: { cents: 500 } })
  return {
    store,
    engine,
    history: async () => Array.fromAsync(engine.history({ aggregateId: 'order-1' })),
    approve: async (id: string) =>
      approvals.decide({ requestId, decision: 'approve', actor: person(id) }),
    edit: async (id: string, edits: object) =>
      approvals.decide({ requestId, decision: 'edit', edits, actor: person(id) }),
    delegate: async (from: string, to: string) =>
      approvals.delegate({ requestId, actor: person(from), to }),
    decide: approvals.decide,
    requestId,
    inbox: async (id: string) => (await approvals.inbox({ actor: person(id) })).length,
  }
}

const team = { ann: ['team'], ben: ['team'], cleo: ['team'], olga: ['owner'] }

test('each vote is on record with the stage at which it was given', async () => {
  const { approve, edit, history } = await ask(team)
  await approve('ann')
  await approve('ben')
  await edit('olga', { cents: 400 })
  await approve('ann')
  await approve('ben')
  expect((await history()).at(-1)?.entry.approval?.reviewers).toEqual(['olga', 'ann', 'ben'])
  const votes = (await history()).filter(({ entry }) => entry.approval?.decision !== undefined)
  expect(votes.map(({ entry: { actor, approval } }) => [actor.id, approval?.stage])).toEqual([
    ['ann', 0],
    ['ben', 0],
    ['olga', 1],
    ['ann', 0],
    ['ben', 0],
  ])
})

test('the decision of each reviewer is on record, however the request ends', async () => {
  const { approve, edit, history, decide, requestId, store } = await ask(team)
  await edit('ann', { cents: 400 })
  await edit('ben', { cents: 300 })
  await approve('ann')
  await decide({ requestId, decision: 'reject', actor: person('olga') })
  const made = (await history()).filter(({ entry }) => entry.approval?.decision === 'edit')
  expect(made.map(({ entry, evidence }) => [entry.actor.id, evidence])).toEqual([
    ['ann', { cents: 400 }],
    ['ben', { cents: 300 }],
  ])
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})

test('an approval no longer counts once the reviewer lost the role, and somebody else may give it', async () => {
  const roles: Record<string, readonly string[]> = { ...team }
  const { approve, store, history } = await ask(roles)
  await approve('ann')
  roles['ann'] = []
  expect(await approve('ben')).toMatchObject({
    status: 'recorded',
    request: { stage: 0, decisions: [{ reviewer: { id: 'ben' } }] },
  })
  expect((await history()).at(-1)?.entry).toMatchObject({ data: { lapsed: ['ann'] } })
  expect(await approve('cleo')).toMatchObject({ status: 'recorded', request: { stage: 1 } })
  expect(await approve('olga')).toMatchObject({ status: 'executed' })
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})

test('a stage that has lost its quorum waits again, even after the last approval', async () => {
  const roles: Record<string, readonly string[]> = { ...team }
  const { approve, inbox, store } = await ask(roles)
  await approve('ann')
  await approve('ben')
  roles['ann'] = []
  expect(await approve('olga')).toMatchObject({ status: 'recorded', request: { stage: 0 } })
  expect(await inbox('cleo')).toBe(1)
  expect(await approve('cleo')).toMatchObject({ status: 'executed' })
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})

test('an approval of a stopped person executes nothing until the release', async () => {
  const { approve, engine, history } = await ask(team)
  const order = { target: { actorId: 'ann' }, actor: person('olga'), reason: 'stolen' } as const
  await approve('ann')
  await approve('ben')
  await engine.stop(order)
  expect(await approve('olga')).toMatchObject({ status: 'refused', reason: 'stopped' })
  expect((await history()).at(-1)?.entry).toMatchObject({
    type: 'loop.approval.decided',
    actor: { id: 'olga' },
    approval: { decision: 'refused:approve' },
    reason: 'stopped',
  })
  await engine.release(order)
  expect(await approve('olga')).toMatchObject({ status: 'executed' })
})

test('a stopped person cannot hand a decision on, and the attempt is on record', async () => {
  const { approve, delegate, engine, history } = await ask(team)
  const order = { target: { actorId: 'ann' }, actor: person('olga'), reason: 'stolen' } as const
  await engine.stop(order)
  expect(await delegate('ann', 'eve')).toMatchObject({ status: 'refused', reason: 'stopped' })
  expect((await history()).at(-1)?.entry).toMatchObject({
    actor: { id: 'ann' },
    approval: { decision: 'refused:delegate' },
    reason: 'stopped',
  })
  await engine.release(order)
  expect(await approve('eve')).toMatchObject({ reason: 'not_entitled' })
})

test('the approval of a delegate executes nothing while the delegator is stopped', async () => {
  const { approve, delegate, engine } = await ask(team)
  const order = { target: { actorId: 'olga' }, actor: person('ann'), reason: 'stolen' } as const
  await approve('ann')
  await approve('ben')
  await delegate('olga', 'max')
  await delegate('max', 'eve')
  await engine.stop(order)
  expect(await approve('eve')).toMatchObject({ status: 'refused', reason: 'stopped' })

  await engine.release(order)
  await engine.stop({ ...order, target: { actorId: 'cleo' } })
  expect(await approve('eve')).toMatchObject({ status: 'executed' })
})

test.each(['user:ann', 'Ann', 'ａｎｎ'])(
  'a stop of ann stops whoever is the same person to four-eyes: %s',
  async (spelled) => {
    const { approve, engine } = await ask({ ...team, [spelled]: team['ann'] ?? [] })
    const order = { target: { actorId: 'ann' }, actor: person('olga'), reason: 'stolen' } as const
    await engine.stop(order)
    expect(await approve(spelled)).toMatchObject({ status: 'refused', reason: 'stopped' })
    await engine.release({ ...order, target: { actorId: spelled } })
    expect(await approve(spelled)).toMatchObject({ status: 'recorded' })
  },
)

test('a reviewer who edits at a later stage has approved there, and is not asked again at an earlier one', async () => {
  const { approve, edit, inbox, store } = await ask(team)
  await approve('ann')
  await approve('ben')
  expect(await edit('olga', { cents: 400 })).toMatchObject({
    status: 'recorded',
    request: { stage: 0, revision: 2 },
  })
  expect(await inbox('ann')).toBe(1)
  await approve('ann')
  expect(await approve('cleo')).toMatchObject({ status: 'executed' })
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})

test('a delegate decides only at the stage for which the vote was handed on', async () => {
  const { approve, delegate, inbox } = await ask(team)
  await delegate('ann', 'dan')
  expect(await approve('dan')).toMatchObject({ status: 'recorded' })
  expect(await approve('ben')).toMatchObject({ status: 'recorded', request: { stage: 1 } })
  expect(await inbox('dan')).toBe(0)
  expect(await inbox('eve')).toBe(0)

  await delegate('olga', 'eve')

  expect(await approve('cleo')).toMatchObject({ reason: 'not_entitled' })
  expect(await approve('eve')).toMatchObject({ status: 'executed' })
})

test.each([
  ['who handed it on', [['ann', 'dan']], ['dan', 'ann']],
  ['to whom it was handed on', [['ann', 'dan']], ['ann', 'dan']],
  [
    'two delegates of one person',
    [
      ['ann', 'dan'],
      ['ann', 'eve'],
    ],
    ['dan', 'eve'],
  ],
  [
    'the delegate of a delegate',
    [
      ['ann', 'dan'],
      ['dan', 'eve'],
    ],
    ['eve', 'ann'],
  ],
] as const)('a vote that was handed on counts once: %s', async (_, delegations, votes) => {
  const { approve, delegate } = await ask(team)
  for (const [from, to] of delegations)
    expect(await delegate(from, to)).toMatchObject({ status: 'recorded' })

  expect(await approve(votes[0])).toMatchObject({ status: 'recorded' })
  expect(await approve(votes[1])).toMatchObject({ status: 'refused', reason: 'already_voted' })
  expect(await approve('ben')).toMatchObject({ request: { stage: 1 } })
})

test('a delegate who is also a reviewer has a vote of their own too', async () => {
  const { approve, delegate } = await ask(team)
  await delegate('ann', 'ben')
  await approve('ben')
  expect(await approve('ann')).toMatchObject({ request: { stage: 1 } })
})

test.each([
  ['who handed it on', [['ann', 'dan']], ['dan', 'ann.admin']],
  [
    'two delegates',
    [
      ['ann', 'dan'],
      ['ann.admin', 'eve'],
    ],
    ['dan', 'eve'],
  ],
] as const)(
  'a vote that was handed on from two accounts of one person counts once: %s',
  async (_, delegations, votes) => {
    const { approve, delegate } = await ask(
      { ...team, 'ann.admin': ['team'] },
      { ann: 'person-1', 'ann.admin': 'person-1' },
    )
    for (const [from, to] of delegations)
      expect(await delegate(from, to)).toMatchObject({ status: 'recorded' })

    expect(await approve(votes[0])).toMatchObject({ status: 'recorded' })
    expect(await approve(votes[1])).toMatchObject({ reason: 'already_voted' })
  },
)

test('a vote that was handed to a role counts once, and nobody with the role can hand it on', async () => {
  const { approve, delegate } = await ask({ ...team, jim: ['junior'], joe: ['junior'] })
  await delegate('ann', 'role:junior')

  expect(await delegate('jim', 'eve')).toMatchObject({ reason: 'not_allowed' })
  expect(await approve('eve')).toMatchObject({ reason: 'not_entitled' })

  await delegate('ben', 'jim')
  expect(await delegate('jim', 'eve')).toMatchObject({ status: 'recorded' })
  expect(await approve('joe')).toMatchObject({ status: 'recorded' })
  expect(await approve('ann')).toMatchObject({ reason: 'already_voted' })
  expect(await approve('eve')).toMatchObject({ request: { stage: 1 } })
})

test('a delegation and its approval no longer count once the delegator lost the role', async () => {
  const roles: Record<string, readonly string[]> = { ...team }
  const { approve, delegate, inbox } = await ask(roles)
  await delegate('ann', 'dan')
  await delegate('dan', 'eve')
  await approve('dan')
  roles['ann'] = []

  expect(await inbox('eve')).toBe(0)
  expect(await delegate('eve', 'fay')).toMatchObject({ reason: 'not_entitled' })
  expect(await approve('eve')).toMatchObject({ reason: 'not_entitled' })
  expect(await approve('ben')).toMatchObject({ status: 'recorded', request: { stage: 0 } })
  expect(await approve('cleo')).toMatchObject({ request: { stage: 1 } })
})

test('a vote belongs to its delegator, even if somebody else hands one to the same delegate', async () => {
  const { approve, delegate } = await ask(team)
  await delegate('ann', 'eve')
  await approve('eve')
  await delegate('ben', 'eve')

  expect(await approve('ann')).toMatchObject({ reason: 'already_voted' })
  expect(await approve('ben')).toMatchObject({ request: { stage: 1 } })
})

test('the delegates of two people have two votes', async () => {
  const { approve, delegate } = await ask(team)
  await delegate('ann', 'dan')
  await delegate('ben', 'eve')

  expect(await approve('eve')).toMatchObject({ status: 'recorded' })
  expect(await approve('dan')).toMatchObject({ request: { stage: 1 } })
})

test.each(['edits', 'response'])(
  'an approval with %s is refused: it would leave them aside',
  async (field) => {
    const { decide, requestId, store } = await ask(team)
    const approval = { requestId, decision: 'approve', actor: person('ann') } as const
    await expect(decide({ ...approval, [field]: { cents: 1 } })).rejects.toMatchObject({
      code: 'invalid_input',
      path: `/${field}`,
    })
    expect(await store.approval('default', requestId)).toMatchObject({ decisions: [] })
  },
)

test('a request at its limit of decisions can only be approved or rejected', async () => {
  const { approve, delegate, decide, requestId, history } = await ask(team)
  for (let more = 0; more < 100; more++) {
    await delegate('ann', `dan-${more}`)
    await decide({ requestId, decision: 'abstain', actor: person('ben') })
  }
  const full = { status: 'refused', reason: 'limit_reached' }

  expect(await delegate('ann', 'eve')).toMatchObject(full)
  expect(await decide({ requestId, decision: 'abstain', actor: person('ben') })).toMatchObject(full)
  expect((await history()).at(-1)?.entry).toMatchObject({ reason: 'limit_reached' })
  await approve('ann')
  expect(await approve('ben')).toMatchObject({ request: { stage: 1 } })
})

test('an idempotency key stands for one decision with all its fields', async () => {
  const { decide, requestId } = await ask(team)
  const decision = {
    requestId,
    decision: 'edit',
    actor: person('ann'),
    idempotencyKey: 'click-1',
    edits: { cents: 400 },
  } as const
  await decide(decision)
  expect(await decide(decision)).toMatchObject({ status: 'recorded', replayed: true })
  for (const changed of [
    { decision: 'approve', edits: undefined },
    { edits: { cents: 401 } },
    { revision: 1 },
    { reason: 'fine' },
    { viewHash: 'a'.repeat(64) },
  ] as const)
    await expect(decide({ ...decision, ...changed })).rejects.toMatchObject({
      code: 'key_mismatch',
    })
})
