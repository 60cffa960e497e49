import {
  applyEntry,
  digestOf,
  openEntry,
  type LoopDefinition,
  type LoopInstance,
} from '@loop-engine/core'
import { indexLoop } from '@loop-engine/runtime'
import { expect, test } from 'vitest'

import { agent, alice, sealRun } from '../../history.fixture.ts'
import { createLicences } from './legality.ts'

type Step = Parameters<typeof sealRun>[1][number]

const approval = { fourEyes: true, expiresIn: '1h' } as const
const byFinance = (quorum: number) => [{ reviewers: ['role:finance'], quorum }]
const between = (
  from: string,
  to: string,
  ...actors: LoopDefinition['transitions'][0]['actors']
) => ({ from, to, actors, guards: [] })
const definition: LoopDefinition = {
  id: 'support.refund',
  version: '1.0.0',
  name: 'Refund',
  states: [
    { id: 'OPEN' },
    { id: 'PAYING' },
    { id: 'PAID', terminal: true },
    { id: 'FAILED', terminal: true, error: true },
  ],
  initialState: 'OPEN',
  transitions: [
    {
      ...between('OPEN', 'OPEN', 'ai-agent'),
      id: 'note',
      signal: 'note',
      guards: [
        { id: 'sure', severity: 'hard', evaluatedBy: 'runtime' },
        { id: 'polite', severity: 'soft', evaluatedBy: 'runtime' },
      ],
    },
    {
      ...between('OPEN', 'PAYING', 'ai-agent'),
      id: 'pay',
      signal: 'pay',
      approval: { ...approval, stages: byFinance(2) },
      effect: { integration: 'bank', action: 'pay', semantics: 'idempotent' },
    },
    {
      ...between('OPEN', 'OPEN', 'ai-agent'),
      id: 'tip',
      signal: 'tip',
      approval: { ...approval, stages: byFinance(1), when: 'evidence.cents > 100' },
    },
    { ...between('PAYING', 'OPEN', 'human'), id: 'back', signal: 'back' },
    { ...between('PAYING', 'PAID', 'automation'), id: 'paid', signal: 'paid' },
    { ...between('PAYING', 'FAILED', 'automation'), id: 'failed', signal: 'failed' },
  ],
}
const loop = indexLoop(definition, digestOf(definition))

const bob = { ...alice, id: 'bob' }
const carol = { ...alice, id: 'carol' }
const machine = { type: 'automation', id: 'integration:bank' } as const
const guard = (id: string, passed: boolean) =>
  ({ id, use: id, severity: id === 'sure' ? 'hard' : 'soft', passed, durationUs: 0 }) as const
const effect = {
  id: 'effect-1',
  integration: 'bank',
  action: 'pay',
  semantics: 'idempotent',
  inputDigest: digestOf('input'),
} as const

const at = 1_760_000_000_000
const asked = { id: 'request-1', revision: 1, viewHash: digestOf('view') }
const edited = { ...asked, revision: 2, viewHash: digestOf('edited view') }
const [action, editedAction] = [digestOf('action'), digestOf('edited action')]

const started: Step = { type: 'loop.started', actor: agent, toState: 'OPEN', status: 'active' }
const noted: Step = {
  type: 'loop.transition.executed',
  actor: agent,
  transitionId: 'note',
  fromState: 'OPEN',
  toState: 'OPEN',
  guards: [guard('sure', true), guard('polite', false)],
}
const requested: Step = {
  type: 'loop.approval.requested',
  at,
  actor: agent,
  transitionId: 'pay',
  actionDigest: action,
  approval: { ...asked, expiresAt: at + 60_000 },
}
const first: Step = {
  type: 'loop.approval.decided',
  actor: alice,
  actionDigest: action,
  approval: { ...asked, decision: 'approve' },
}
const edit: Step = {
  type: 'loop.approval.decided',
  actor: bob,
  actionDigest: editedAction,
  approval: { ...edited, decision: 'edit' },
}
const last: Step = {
  type: 'loop.approval.approved',
  actor: carol,
  actionDigest: editedAction,
  approval: { ...edited, decision: 'approve' },
}
const paying: Step = {
  type: 'loop.transition.executed',
  actor: agent,
  transitionId: 'pay',
  fromState: 'OPEN',
  toState: 'PAYING',
  actionDigest: editedAction,
  approval: { ...edited, reviewers: ['bob', 'carol'] },
  effect,
}
const asking = [started, requested, first, edit]
const approving = [...asking, last]
const back: Step = {
  type: 'loop.transition.executed',
  actor: alice,
  transitionId: 'back',
  fromState: 'PAYING',
  toState: 'OPEN',
}
const paid: Step = {
  type: 'loop.transition.executed',
  actor: machine,
  transitionId: 'paid',
  fromState: 'PAYING',
  toState: 'PAID',
  status: 'completed',
}
const receipt = sealRun('a', [...approving, paying]).entries.at(-1)?.hash ?? ''
const requestHash = sealRun('a', [started, requested]).entries.at(-1)?.hash
const begun: Step = { type: 'loop.effect.started', actor: machine, effect, receipt }
const sealed: Step = { type: 'loop.effect.started', actor: machine, receipt }

/** The first entry that is not legal, and why. */
function faultOf(steps: readonly Step[]): string | null {
  const licences = createLicences()
  let before: LoopInstance | null = null
  for (const stored of sealRun('a', steps).entries) {
    const entry = openEntry(stored)
    const fault = licences.judge(entry, stored.hash, before, loop)
    if (fault) return `${stored.seq}: ${fault.message}`
    before = applyEntry(before, entry, stored)
  }
  return null
}

test.each<[string, readonly Step[]]>([
  ['whose edit was approved', [...approving, paying, begun, begun, back, noted]],
  ['that a sealed function acted on', [...approving, paying, sealed, paid]],
  ['that people were not needed for', [started, { ...noted, transitionId: 'tip' }]],
  [
    'that failed',
    [
      ...approving,
      paying,
      { ...paid, transitionId: 'failed', toState: 'FAILED', status: 'failed' },
    ],
  ],
  [
    'that was migrated',
    [
      started,
      { type: 'loop.migrated', actor: alice, definition: digestOf('new'), toState: 'PAYING' },
    ],
  ],
  [
    'whose last refusal came after the end',
    [...approving, paying, paid, { type: 'loop.transition.rejected', actor: agent }],
  ],
])('a run %s is legal', (_, steps) => {
  expect(faultOf(steps)).toBeNull()
})

test.each<[string, readonly Step[]]>([
  [
    '1: The run does not begin in the initial state of its definition.',
    [{ ...started, toState: 'PAYING' }],
  ],
  [
    '2: The entry was judged under another definition than the run is pinned to.',
    [started, { ...noted, definition: digestOf('new') }],
  ],
  [
    '2: An entry of type loop.transition.blocked changed the state.',
    [started, { ...noted, type: 'loop.transition.blocked' }],
  ],
  [
    '2: The run was migrated to a state that does not exist.',
    [started, { type: 'loop.migrated', actor: alice, toState: 'GONE' }],
  ],
  [
    '8: The run moved after it was completed.',
    [...approving, paying, paid, { type: 'loop.cancelled', actor: alice, status: 'cancelled' }],
  ],
  ['2: The definition has no such transition.', [started, { ...noted, transitionId: 'nonsense' }]],
  [
    '2: The transition does not leave the state that the run was in.',
    [started, { ...back, fromState: 'OPEN' }],
  ],
  [
    '2: The transition does not leave the state that the run was in.',
    [started, { ...noted, fromState: 'PAYING' }],
  ],
  [
    '2: The transition does not lead where the run went.',
    [started, { ...noted, toState: 'PAYING' }],
  ],
  [
    '7: The status is not the one that the new state means.',
    [...approving, paying, { ...paid, status: undefined }],
  ],
  [
    '7: The status is not the one that the new state means.',
    [...approving, paying, { ...paid, transitionId: 'failed', toState: 'FAILED' }],
  ],
  [
    '3: The run was not active.',
    [started, { type: 'loop.suspended', actor: alice, status: 'suspended' }, noted],
  ],
  ['2: The transition is not for actors of this type.', [started, { ...noted, actor: alice }]],
  ['2: A hard guard is not recorded as passed.', [started, { ...noted, guards: undefined }]],
  [
    '2: A hard guard is not recorded as passed.',
    [started, { ...noted, guards: [guard('sure', false), guard('polite', true)] }],
  ],
  [
    '6: The entry does not order the effect of the transition.',
    [...approving, { ...paying, effect: undefined }],
  ],
  [
    '6: The entry does not order the effect of the transition.',
    [...approving, { ...paying, effect: { ...effect, integration: 'broker' } }],
  ],
  [
    '6: The entry does not order the effect of the transition.',
    [...approving, { ...paying, effect: { ...effect, action: 'refund' } }],
  ],
  [
    '6: A transition that needs approval was executed without one.',
    [...approving, { ...paying, approval: undefined }],
  ],
  [
    '6: The approval that the execution rests on is not on record.',
    [...approving, { ...paying, approval: { ...edited, id: 'request-2' } }],
  ],
  ['5: The approval that the execution rests on is not on record.', [...asking, paying]],
  ['8: The approval was used before.', [...approving, paying, back, paying]],
  [
    '6: What was executed is not what was approved.',
    [...approving, { ...paying, actionDigest: action }],
  ],
  ['6: The approval had expired.', [...approving, { ...paying, at: at + 60_000 }]],
  [
    '5: Fewer people approved than the policy asks for.',
    [
      started,
      requested,
      first,
      { ...last, actionDigest: action, approval: { ...asked, revision: 2, decision: 'approve' } },
      { ...paying, actionDigest: action },
    ],
  ],
  [
    '6: Fewer people approved than the policy asks for.',
    [...asking, { ...last, actor: { ...bob, id: 'user:Bob' } }, paying],
  ],
  [
    '7: Fewer people approved than the policy asks for.',
    [...asking, { ...edit, actor: machine }, last, paying],
  ],
  [
    '6: The execution names a reviewer who did not approve.',
    [...approving, { ...paying, approval: { ...edited, reviewers: ['bob', 'alice'] } }],
  ],
  [
    '6: Somebody of the requester’s party approved.',
    [...asking, { ...last, actor: { ...carol, id: 'olga' } }, { ...paying, approval: edited }],
  ],
  [
    '6: Somebody of the requester’s party approved.',
    [started, { ...requested, actor: carol }, first, edit, last, paying],
  ],
  [
    '6: Somebody else executed than who had asked for the approval.',
    [...approving, { ...paying, actor: { ...agent, id: 'agent:other' } }],
  ],
  [
    '6: Somebody else executed than who had asked for the approval.',
    [...approving, { ...paying, actor: { ...agent, onBehalfOf: { type: 'human', id: 'dave' } } }],
  ],
  [
    '3: What was approved is not what was asked for.',
    [started, requested, { ...first, actionDigest: editedAction }],
  ],
  [
    '5: What was approved is not what was asked for.',
    [...asking, { ...last, actionDigest: action }],
  ],
  [
    '5: What was approved is not what was asked for.',
    [...asking, { ...last, approval: { ...asked, revision: 2, decision: 'approve' } }],
  ],
  [
    '5: Fewer people approved than the policy asks for.',
    [
      started,
      requested,
      { ...first, approval: { ...asked, decision: 'refused:approve' } },
      { ...last, actionDigest: action, approval: { ...asked, decision: 'approve' } },
      { ...paying, actionDigest: action, approval: asked },
    ],
  ],
  [
    '3: An effect began without an executed transition behind it.',
    [started, requested, { ...begun, receipt: requestHash }],
  ],
  ['2: An effect began without an executed transition behind it.', [started, begun]],
  [
    '8: A receipt was spent twice.',
    [...approving, paying, begun, { ...begun, effect: { ...effect, id: 'effect-2' } }],
  ],
  ['8: A receipt was spent twice.', [...approving, paying, sealed, sealed]],
])('%s', (fault, steps) => {
  expect(faultOf(steps)).toBe(fault)
})
