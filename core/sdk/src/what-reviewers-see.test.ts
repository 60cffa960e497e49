import { generateKeyPairSync } from 'node:crypto'

import { createDecisionSigner, signedDecisionOf, verifyDecisionToken } from '@loop-engine/core'
import { createTestClock } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createAuthority, createIntake, createLoopSystem, defineLoop } from './index.ts'

const agent = {
  type: 'ai-agent',
  id: 'agent:payer',
  displayName: 'Payer',
  modelId: 'asked-for',
  servedModel: 'served',
  onBehalfOf: { type: 'human', id: 'olga' },
} as const

/** A payment that a reviewer has to decide, with the transition that follows if nobody decides. */
async function ask(onExpiry?: string, tenant = 'default') {
  const loop = defineLoop({
    id: 'payment',
    name: 'Payments',
    version: '7',
    states: ['OPEN', { id: 'PAID', terminal: true }, { id: 'LAPSED', terminal: true }],
    initialState: 'OPEN',
    transitions: [
      {
        id: 'pay',
        from: 'OPEN',
        to: 'PAID',
        description: 'Pays.\n',
        risk: 'high',
        actors: ['ai-agent'],
        guards: [
          { id: 'small', when: 'evidence.cents < 100', severity: 'soft', message: 'A lot.' },
          { id: 'sure', use: 'evidence-required', with: { fields: ['why'] }, severity: 'soft' },
          { id: 'some', when: 'evidence.cents > 0' },
        ],
        approval: { reviewers: ['alice'], expiresIn: '2h', onExpiry },
      },
      { id: 'lapse', from: 'OPEN', to: 'LAPSED', actors: ['system'] },
    ],
  })
  const clock = createTestClock()
  const authority = createAuthority({ name: 'desk' })
  const identity = { authority }
  const { engine, approvals } = await createLoopSystem({
    loops: [loop],
    clock,
    identity,
    relay: false,
  })
  const run = { aggregateId: 'order-1', actor: agent, tenant }
  await engine.start({ loopId: 'payment', ...run })
  const evidence = { cents: 500, 'a/b~c': null }
  const asked = await engine.transition({ ...run, transitionId: 'pay', evidence })
  const id = asked.status === 'pending_approval' ? asked.approvalId : ''
  const request = await approvals.get({ id, tenant })
  return { clock, engine, request, intake: createIntake({ approvals, authority }) }
}

test('a reviewer sees the action, the requester, the evidence and the warnings', async () => {
  const { clock, request } = await ask('lapse')
  expect(request?.view).toEqual({
    title: 'pay on order-1',
    loop: { id: 'payment', name: 'Payments', version: '7' },
    aggregateId: 'order-1',
    transition: { id: 'pay', from: 'OPEN', to: 'PAID', description: 'Pays.', risk: 'high' },
    requester: {
      type: 'ai-agent',
      id: 'agent:payer',
      displayName: 'Payer',
      model: 'served',
      onBehalfOf: 'olga',
    },
    fields: [
      { path: '/cents', label: 'cents', value: 500, fromModel: true },
      { path: '/a~1b~0c', label: 'a/b~c', value: null, fromModel: true },
    ],
    warnings: ['A lot.', expect.any(String)],
    ifNothing: 'The request expires and the system takes "lapse".',
    expiresAt: clock.now() + 2 * 3_600_000,
  })
})

test('a reviewer sees that nothing happens if nobody decides', async () => {
  const { request } = await ask()
  expect(request?.view.ifNothing).toBe('The request expires; the run stays in OPEN.')
})

test('a decision of a channel is on record with its reason, its proof and the assurance of the person', async () => {
  const { engine, request, intake } = await ask()
  const decision = {
    requestId: request?.id,
    tenant: 'default',
    revision: 1,
    viewHash: request?.viewHash,
    decision: 'reject',
    reason: 'Too much.',
    reviewer: { type: 'human', id: 'alice' },
    assurance: { method: 'desk', subject: 'A1', at: 1 },
    proof: { event: 'E1' },
  }
  const { request: rejected } = await intake(decision)

  expect(rejected.decisions).toMatchObject([{ reason: 'Too much.', reviewer: { id: 'alice' } }])
  const record = await Array.fromAsync(engine.history({ aggregateId: 'order-1' }))
  expect(record.at(-1)?.entry).toMatchObject({
    type: 'loop.approval.rejected',
    reason: 'Too much.',
    actor: { id: 'alice', assurance: { method: 'desk', subject: 'A1' } },
    data: { proof: { event: 'E1' } },
  })
  await expect(intake({ ...decision, revision: 'one' })).rejects.toMatchObject({
    code: 'invalid_input',
    path: '/revision',
  })
})

test.each(['x'.repeat(256), 'line\nbreak', 'half \ud83d'])(
  'a decision is taken under whatever a channel may call its delivery: %j',
  async (idempotencyKey) => {
    const { request, intake } = await ask()
    const decision = {
      requestId: request?.id,
      tenant: 'default',
      revision: 1,
      viewHash: request?.viewHash,
      decision: 'reject',
      reviewer: { type: 'human', id: 'alice' },
      assurance: { method: 'desk' },
      idempotencyKey,
    }
    expect(await intake(decision)).toMatchObject({ status: 'rejected' })
    expect(await intake(decision)).toMatchObject({ status: 'rejected', replayed: true })
  },
)

test('people of any valid tenant can decide through a channel, with a token that names the tenant', async () => {
  const tenant = 'x'.repeat(256)
  const { request, intake } = await ask(undefined, tenant)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const issuer = 'https://loops.example'
  const sign = createDecisionSigner({ issuer, keyId: 'k1', privateKey })

  const decided = await intake({
    requestId: request?.id,
    tenant,
    revision: 1,
    viewHash: request?.viewHash,
    decision: 'approve',
    reviewer: { type: 'human', id: 'alice' },
    assurance: { method: 'desk' },
  })

  expect(decided).toMatchObject({ status: 'executed', request: { tenant } })
  const token = await sign(signedDecisionOf(decided.request), 'here')
  const trust = { issuer, audience: 'here', keys: [{ keyId: 'k1', publicKey }] }
  expect(await verifyDecisionToken(token, trust)).toMatchObject({ tenant })
})
