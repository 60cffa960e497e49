import { digestOf, type LoopInstance } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { actionOf } from '../action.ts'
import { admit } from './admit.ts'
import { decide } from './decide.ts'
import { indexLoop } from './loop-index.ts'

const loop = indexLoop(
  {
    id: 'payment',
    version: '1',
    name: 'Payment',
    states: [{ id: 'OPEN' }, { id: 'PAID', terminal: true }],
    initialState: 'OPEN',
    maxTransitions: 3,
    transitions: [
      { id: 'note', from: 'OPEN', to: 'OPEN', signal: 'note', actors: ['human'], guards: [] },
      {
        id: 'pay',
        from: 'OPEN',
        to: 'PAID',
        signal: 'go',
        actors: ['human'],
        roles: ['finance', 'owner'],
        guards: [],
      },
    ],
  },
  'a'.repeat(64),
)
const instance: LoopInstance = {
  tenant: 'default',
  loopId: 'payment',
  aggregateId: 'order-1',
  runId: 'run-1',
  definition: { version: '1', digest: loop.digest },
  currentState: 'OPEN',
  status: 'active',
  version: 4,
  stateVersion: 4,
  transitions: 2,
  openApprovals: 0,
  metadata: {},
  tags: [],
  correlationId: null,
  createdAt: 0,
  updatedAt: 0,
  head: 'b'.repeat(64),
}

test.each([
  [['finance'], undefined],
  [['owner', 'dev'], undefined],
  [['dev'], 'role_missing'],
  [[], 'role_missing'],
  [undefined, 'role_missing'],
])('a transition for roles is for those who bear one: %j', (roles, reason) => {
  const actor = { type: 'human', id: 'alice', ...(roles && { roles }) } as const
  expect(admit(loop, instance, { transitionId: 'pay', actor }).refusal?.reason).toBe(reason)
})

test('a run executes as many transitions as its definition allows, and no more', () => {
  const command = { transitionId: 'note', actor: { type: 'human', id: 'alice' } } as const
  expect(admit(loop, instance, command).refusal).toBeUndefined()
  expect(admit(loop, { ...instance, transitions: 3 }, command).refusal?.reason).toBe(
    'max_transitions',
  )
})

const facts = { at: 7, durability: 'memory', guards: [], receiptTtlMs: 1000 } as const
const alice = { type: 'human', id: 'alice', roles: ['finance'] } as const

test('an attempt by a signal is recorded as the transition, with what came with it', () => {
  const asked = { actor: alice, idempotencyKey: 'key', correlationId: 'case', traceparent: 'trace' }
  const { status, draft } = decide(loop, instance, { ...asked, transitionId: 'go' }, facts)
  expect(status).toBe('executed')
  expect(draft).toMatchObject({ ...asked, transitionId: 'pay', toState: 'PAID', at: 7 })
})

test('an attempt belongs to the case of its run, and to none if the run has none', () => {
  const command = { transitionId: 'pay', actor: alice }
  const inCase = decide(loop, { ...instance, correlationId: 'case' }, command, facts)
  expect(inCase.draft.correlationId).toBe('case')
  expect(decide(loop, instance, command, facts).draft).not.toHaveProperty('correlationId')
})

test('a refusal is recorded with its reason, and what it says', () => {
  const { draft } = decide(loop, instance, { transitionId: 'nonsense', actor: alice }, facts)
  expect(draft).toMatchObject({
    type: 'loop.transition.rejected',
    transitionId: 'nonsense',
    reason: 'unknown_transition',
    message: expect.stringContaining('no such transition'),
  })
})

const effect = { integration: 'bank', action: 'pay', inputDigest: 'c'.repeat(64) }
const evidence = 'd'.repeat(64)

test.each([
  ['another tenant', actionOf({ ...instance, tenant: 'other' }, 'pay', evidence, effect)],
  ['another run', actionOf({ ...instance, runId: 'run-2' }, 'pay', evidence, effect)],
  ['a run that moved', actionOf({ ...instance, stateVersion: 5 }, 'pay', evidence, effect)],
  [
    'another definition',
    actionOf(
      { ...instance, definition: { version: '1', digest: 'e'.repeat(64) } },
      'pay',
      evidence,
      effect,
    ),
  ],
  ['another transition', actionOf(instance, 'note', evidence, effect)],
  ['other evidence', actionOf(instance, 'pay', 'e'.repeat(64), effect)],
  ['no effect', actionOf(instance, 'pay', evidence, null)],
  [
    'another integration',
    actionOf(instance, 'pay', evidence, { ...effect, integration: 'broker' }),
  ],
  ['another action', actionOf(instance, 'pay', evidence, { ...effect, action: 'refund' })],
  [
    'another input',
    actionOf(instance, 'pay', evidence, { ...effect, inputDigest: 'e'.repeat(64) }),
  ],
])('an action digest is not that of %s', (_, other) => {
  expect(digestOf(other)).not.toBe(digestOf(actionOf(instance, 'pay', evidence, effect)))
})
