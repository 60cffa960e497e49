import type { Actor } from '@loop-engine/core'
import { expect, onTestFinished, test } from 'vitest'

import {
  createLoopSystem,
  createMemoryStore,
  defineLoop,
  verifyStore,
  type LoopInput,
  type Person,
} from './index.ts'
import { askForPayment, payer, paymentLoop, paymentWith, person } from './payment.fixture.ts'

/** A payment that somebody asked for, and a function that approves it and returns the answer. */
async function ask({
  quorum = 1,
  requester,
  people,
}: {
  quorum?: number
  requester: Actor
  people?: Readonly<Record<string, Person>>
}) {
  const store = createMemoryStore()
  const { engine, approvals } = await createLoopSystem({
    loops: [paymentLoop(quorum)],
    store,
    relay: false,
    ...(people && { identity: { directory: (_, id) => people[id] ?? null } }),
  })
  const requestId = await askForPayment({ engine }, { actor: requester })
  return {
    store,
    approve: async (actor: Actor) => approvals.decide({ requestId, decision: 'approve', actor }),
  }
}

const finance = { roles: ['finance'] }

test.each(['user:bob', 'Bob', 'USER:BOB'])(
  'a person who approved as bob does not count again as %s',
  async (id) => {
    const { approve, store } = await ask({ quorum: 2, requester: payer })
    await approve(person('bob'))
    expect(await approve(person(id))).toMatchObject({ status: 'refused', reason: 'already_voted' })
    expect(await approve(person('carol'))).toMatchObject({ status: 'executed' })
    expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
  },
)

test('another spelling of a requester whom the directory knows is the requester', async () => {
  const { approve } = await ask({
    requester: { ...payer, onBehalfOf: { type: 'human', id: 'Alice' } },
    people: { alice: { ...finance, identityClass: 'person-1' } },
  })
  expect(await approve(person('alice'))).toMatchObject({ reason: 'requester_cannot_decide' })
})

test('a linked account of the requester counts as the requester, whatever its prefix', async () => {
  const { approve } = await ask({
    requester: { ...payer, onBehalfOf: { type: 'human', id: 'user:alice' } },
    people: {
      'user:alice': { ...finance, identityClass: 'person-1' },
      'alice.admin': { ...finance, identityClass: 'person-1' },
    },
  })
  expect(await approve(person('alice.admin'))).toMatchObject({ reason: 'requester_cannot_decide' })
})

test('an actor for a linked account of the requester is of the same party', async () => {
  const { approve } = await ask({
    requester: { ...payer, onBehalfOf: { type: 'human', id: 'alice' } },
    people: {
      alice: { ...finance, identityClass: 'person-1' },
      'alice.admin': { ...finance, identityClass: 'person-1' },
      carol: finance,
    },
  })
  const carol = { ...person('carol'), onBehalfOf: { type: 'human', id: 'alice.admin' } } as const
  expect(await approve(carol)).toMatchObject({ reason: 'requester_cannot_decide' })
})

const twoAccounts = {
  alice: { ...finance, identityClass: 'person-1' },
  'alice.admin': { ...finance, identityClass: 'person-1' },
  bob: finance,
}

test('a person who handed a vote on has used it under every account, even if it no longer counts', async () => {
  const people: Record<string, Person> = { ...twoAccounts, dora: {} }
  const allow = ['delegate'] as const
  const { engine, approvals } = await createLoopSystem({
    loops: [paymentWith({ approval: { reviewers: ['role:finance'], quorum: 2, allow } })],
    relay: false,
    identity: { directory: (_, id) => people[id] ?? null },
  })
  const requestId = await askForPayment({ engine })
  const approve = async (id: string) =>
    approvals.decide({ requestId, decision: 'approve', actor: person(id) })
  await approvals.delegate({ requestId, actor: person('alice'), to: 'dora' })
  await approve('dora')
  Object.assign(people, { alice: { identityClass: 'person-1' }, dora: finance })

  expect(await approve('alice.admin')).toMatchObject({ reason: 'already_voted' })
})

test('a vote no longer counts once the voter turns out to be another voter or the requester', async () => {
  const people: Record<string, Person> = {
    alice: finance,
    bob: finance,
    'bob.admin': finance,
    'alice.admin': finance,
    carol: finance,
    dave: finance,
  }
  const { approve, store } = await ask({
    quorum: 3,
    requester: { ...payer, onBehalfOf: { type: 'human', id: 'alice' } },
    people,
  })
  await approve(person('bob'))
  await approve(person('bob.admin'))
  people['bob'] = people['bob.admin'] = { ...finance, identityClass: 'person-1' }

  expect(await approve(person('alice.admin'))).toMatchObject({
    status: 'recorded',
    request: { decisions: [{ reviewer: { id: 'bob' } }, { reviewer: { id: 'alice.admin' } }] },
  })
  people['alice'] = people['alice.admin'] = { ...finance, identityClass: 'person-2' }
  expect(await approve(person('carol'))).toMatchObject({
    status: 'recorded',
    request: { decisions: [{ reviewer: { id: 'bob' } }, { reviewer: { id: 'carol' } }] },
  })
  expect(await approve(person('bob.admin'))).toMatchObject({ reason: 'already_voted' })
  expect(await approve(person('dave'))).toMatchObject({ status: 'executed' })
  expect(await verifyStore({ store, tenant: 'default', deep: true })).toMatchObject({ ok: true })
})

test('a vote no longer counts once the directory does not know the voter', async () => {
  const people: Record<string, Person> = { bob: finance, carol: finance }
  const { approve } = await ask({ quorum: 2, requester: payer, people })
  await approve(person('bob'))
  delete people['bob']

  expect(await approve(person('carol'))).toMatchObject({
    status: 'recorded',
    request: { decisions: [{ reviewer: { id: 'carol' } }] },
  })
})

/** The result of dora's approval, after somebody handed a vote on to her and the directory changed. */
async function handedOn(by: string, change: Record<string, Person | null>, fourEyes = true) {
  const people: Record<string, Person | null> = { alice: finance, 'alice.admin': finance, dora: {} }
  const approval = { reviewers: ['role:finance'], allow: ['delegate' as const], fourEyes }
  const { engine, approvals } = await createLoopSystem({
    loops: [paymentWith({ approval })],
    relay: false,
    identity: { directory: (_, id) => people[id] ?? null },
  })
  const requestId = await askForPayment(
    { engine },
    { actor: { ...payer, onBehalfOf: { type: 'human', id: 'alice' } } },
  )
  await approvals.delegate({ requestId, actor: person(by), to: 'dora' })
  Object.assign(people, change)
  return approvals.decide({ requestId, decision: 'approve', actor: person('dora') })
}

test('who turns out to be the requester has handed no vote on, unless it may approve', async () => {
  expect(await handedOn('alice.admin', {})).toMatchObject({ status: 'executed' })
  const { alice, 'alice.admin': admin } = twoAccounts
  const linked = { alice, 'alice.admin': admin }
  expect(await handedOn('alice.admin', linked)).toMatchObject({ reason: 'not_entitled' })
  expect(await handedOn('alice.admin', linked, false)).toMatchObject({ status: 'executed' })
})

test('who is not known any more has handed no vote on', async () => {
  expect(await handedOn('alice.admin', { 'alice.admin': null })).toMatchObject({
    reason: 'not_entitled',
  })
})

/** A purchase that bob approved, asked for by alice; then somebody is to order it. */
async function order(guard: object, approver: string, orderer: string, fourEyes = true) {
  const loop = defineLoop({
    id: 'purchase',
    states: ['ASKED', 'AGREED', { id: 'ORDERED', terminal: true }],
    initialState: 'ASKED',
    transitions: [
      {
        id: 'agree',
        from: 'ASKED',
        to: 'AGREED',
        actors: ['human'],
        approval: { reviewers: ['role:finance'], fourEyes },
      },
      { id: 'order', from: 'AGREED', to: 'ORDERED', actors: ['human'], guards: [guard] },
    ],
  } as LoopInput)
  const { engine, approvals, close } = await createLoopSystem({
    loops: [loop],
    relay: false,
    identity: { directory: (_, id) => new Map(Object.entries(twoAccounts)).get(id) ?? null },
  })
  onTestFinished(close)
  const run = { aggregateId: 'order-1', actor: person('alice') }
  await engine.start({ ...run, loopId: 'purchase' })
  const asked = await engine.transition({ ...run, transitionId: 'agree' })
  if (asked.status !== 'pending_approval') throw new Error(asked.status)
  const actor = person(approver)
  await approvals.decide({ requestId: asked.approvalId, decision: 'approve', actor })
  return engine.transition({ ...run, transitionId: 'order', actor: person(orderer) })
}

test('the guard four-eyes does not count a linked account as a second person', async () => {
  const guard = { id: 'four-eyes', with: { transition: 'agree' } }

  expect(await order(guard, 'bob', 'alice.admin')).toMatchObject({ reason: 'four-eyes' })
  expect(await order(guard, 'bob', 'carol')).toMatchObject({ status: 'executed' })
})

test('the guard approval-obtained does not count the approval of a linked account of the requester', async () => {
  const guard = { id: 'approval-obtained', with: { transition: 'agree' } }

  expect(await order(guard, 'alice.admin', 'bob', false)).toMatchObject({
    reason: 'approval-obtained',
  })
  expect(await order(guard, 'bob', 'bob', false)).toMatchObject({ status: 'executed' })
})
