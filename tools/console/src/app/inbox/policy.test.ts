import type { ApprovalRequest, DecisionResult, Who } from '@loop-engine/client'
import { expect, test } from 'vitest'

import { outcomeOf, ownReasons, quorumOf, settles } from './policy.ts'

const request = {
  status: 'pending',
  stage: 0,
  revision: 1,
  policy: { stages: [{ reviewers: ['role:finance'], quorum: 2 }], fourEyes: true },
  escalated: ['group:oncall'],
  delegations: [{ from: 'alice', to: 'bob', stage: 0, at: 0 }],
  decisions: [] as ApprovalRequest['decisions'],
  view: { transition: { id: 'pay', from: 'A', to: 'B' } },
} as unknown as ApprovalRequest
const by = (id: string, decision: 'approve' | 'abstain', revision = 1) => ({
  decision,
  reviewer: { type: 'human' as const, id },
  stage: 0,
  revision,
  at: 0,
})
const who = (id: string, roles: readonly string[], groups: readonly string[] = []) =>
  ({ actor: { type: 'human', id, roles, groups } }) as unknown as Who

test('says why somebody may decide: role, group or name, by escalation and delegation, too', () => {
  expect(ownReasons(request, who('alice', ['finance']))).toEqual(['you have the role finance'])
  expect(ownReasons(request, who('bob', []))).toEqual(['you are named'])
  expect(ownReasons(request, who('eve', [], ['oncall']))).toEqual(['you are in the group oncall'])
  expect(ownReasons(request, who('role:finance', ['sales']))).toEqual([])
})

test('only approvals of the revision that waits count', () => {
  const decisions = [by('alice', 'approve'), by('bob', 'approve', 2), by('dora', 'abstain', 2)]

  expect(quorumOf({ ...request, revision: 2, decisions })).toEqual({ given: 1, needed: 2 })
})

test('every answer has its words', () => {
  const decided = { ...request, status: 'approved' as const, decisions: [by('bob', 'approve')] }
  const refused = (reason: string, about = request): DecisionResult =>
    ({ status: 'refused', reason, request: about }) as DecisionResult

  expect(outcomeOf(refused('already_decided', decided), 'approve').title).toBe(
    'Not counted: it was approved by bob.',
  )
  expect(outcomeOf(refused('stale_revision'), 'approve').title).toContain('Look at it again')
  const recorded = { ...request, decisions: [by('alice', 'approve')] }
  expect(outcomeOf({ status: 'recorded', request: recorded }, 'approve').title).toBe(
    'Recorded. 1 more approval is needed.',
  )
})

test('a name in an answer shows all that is in it, and turns nothing around it', () => {
  const decisions = [by('\u202eecila', 'approve')]
  const late: DecisionResult = {
    status: 'refused',
    reason: 'already_decided',
    request: { ...request, status: 'approved', decisions },
  }

  expect(outcomeOf(late, 'approve').title).toBe(
    'Not counted: it was approved by [U+202E right-to-left override]ecila.',
  )
})

test('who asks, or is refused for being late, knows whether it still waits', () => {
  const voted = { ...request, decisions: [by('alice', 'approve')] }

  expect(settles({ status: 'recorded', request: voted }, 'approve')).toBe(true)
  expect(settles({ status: 'recorded', request }, 'respond')).toBe(false)
  expect(settles({ status: 'refused', reason: 'not_entitled', request }, 'approve')).toBe(false)
})

test('who hands it on after the approval of another still has it to decide', () => {
  const result = {
    status: 'recorded' as const,
    request: { ...request, decisions: [by('alice', 'approve')] },
  }

  expect(settles(result, 'delegate')).toBe(false)
  expect(outcomeOf(result, 'delegate').title).toBe('Recorded. The request still waits.')
})
