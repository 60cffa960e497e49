import type { ApprovalRequest, Guard, GuardInput, JsonObject } from '@loop-engine/core'
import { guardConformance } from '@loop-engine/testing'
import { expect, test } from 'vitest'

import { createBuiltInGuards } from './built-in-guards.ts'

const approved = {
  transitionId: 'request',
  requester: { type: 'ai-agent', id: 'worker' },
  revision: 1,
  status: 'approved',
  decidedAt: 0,
  delegations: [],
  decisions: [
    { decision: 'approve', reviewer: { type: 'human', id: 'bob' }, stage: 0, revision: 1, at: 0 },
  ],
} as unknown as ApprovalRequest
const rejected: ApprovalRequest = { ...approved, status: 'rejected' }

type Row = readonly [
  id: string,
  parameters: JsonObject,
  passes: Partial<GuardInput>,
  fails: Partial<GuardInput>,
  bad: JsonObject | 'none',
]

const rows: readonly Row[] = [
  [
    'approval-obtained',
    { transition: 'request' },
    { approvals: [approved] },
    { approvals: [rejected] },
    { people: 0 },
  ],
  [
    'assurance-at-least',
    { level: 'oidc' },
    { actor: { type: 'human', id: 'a', assurance: { method: 'oidc' } } },
    {},
    { level: 'x' },
  ],
  [
    'budget',
    { limit: 9, amount: 'cents' },
    { evidence: { cents: 5 } },
    { evidence: { cents: 'five' } },
    { limit: 9 },
  ],
  [
    'confidence-threshold',
    { min: 0.5 },
    { evidence: { confidence: 0.6 } },
    { evidence: { confidence: 'high' } },
    { min: 2 },
  ],
  [
    'cooldown',
    { period: '1h' },
    { lastExecutedAt: 0 },
    { lastExecutedAt: 0, now: 1 },
    { period: '1 hour' },
  ],
  ['deadline-not-exceeded', { within: '1h' }, { now: 0 }, {}, {}],
  [
    'evidence-required',
    { fields: ['reason'] },
    { evidence: { reason: 'spoilt' } },
    { evidence: { note: 'spoilt' } },
    { fields: 'reason' },
  ],
  [
    'evidence-schema',
    { schema: { required: ['reason'] } },
    { evidence: { reason: 'spoilt' } },
    { evidence: { note: 'spoilt' } },
    { schema: [] },
  ],
  [
    'field-constraint',
    { field: 'kind', operator: 'in', value: ['refund'] },
    { evidence: { kind: 'refund' } },
    { evidence: { kind: 'gift' } },
    { field: 'kind', operator: 'like' },
  ],
  [
    'four-eyes',
    { transition: 'request' },
    { approvals: [approved] },
    { approvals: [rejected] },
    {},
  ],
  ['human-only', {}, {}, { actor: { type: 'system', id: 'cron' } }, 'none'],
  ['rate-limit', { limit: 5, window: '1h' }, {}, { parameters: { limit: 5 } }, { limit: 5 }],
  [
    'role-required',
    { roles: ['lead'] },
    { actor: { type: 'human', id: 'a', roles: ['lead'] } },
    {},
    { roles: [] },
  ],
  [
    'time-window',
    { timeZone: 'UTC', from: '22:00', to: '06:00' },
    { now: 0 },
    { now: 43_200_000 },
    { timeZone: 'UTC', from: '22:00' },
  ],
]

function builtIn(id: string): Guard {
  const guard = createBuiltInGuards().find((known) => known.id === id)
  if (!guard) throw new Error(`There is no built-in guard ${id}.`)
  return guard
}

for (const [id, parameters, passes, fails, bad] of rows) {
  guardConformance({
    create: () => builtIn(id),
    passes: [{ name: 'what is right', input: { parameters, ...passes } }],
    fails: [{ name: 'what is not', input: { parameters, ...fails } }],
    badParameters: bad === 'none' ? bad : [bad],
  })
}

test('every built-in guard runs the suite', () => {
  expect(rows.map(([id]) => id)).toEqual(createBuiltInGuards().map(({ id }) => id))
})
