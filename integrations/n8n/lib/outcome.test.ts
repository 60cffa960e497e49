import type { ApprovalRequest, TransitionResult } from '@loop-engine/client'
import { expect, test } from 'vitest'

import { outcomeForTool, outcomeOf, outcomeOfAttempt } from './outcome.ts'

function request(change: Partial<ApprovalRequest>): ApprovalRequest {
  const closed = {
    id: 'run:2',
    status: 'approved',
    revision: 1,
    executedBy: 'f'.repeat(64),
    evidence: { amount: 20 },
    decisions: [],
    ...change,
  }
  return closed as unknown as ApprovalRequest
}

test('only an approved request that was executed counts as approved', () => {
  expect(outcomeOf(request({}))).toMatchObject({ approved: true, outcome: 'approved' })
  expect(outcomeOf(request({ executedBy: null }))).toMatchObject({
    approved: false,
    outcome: 'blocked',
  })
  expect(outcomeOf(request({ status: 'pending' }))).toBeNull()
})

test.each(['rejected', 'expired', 'superseded', 'cancelled'] as const)(
  '%s is reported as such, and is not approved',
  (status) => {
    expect(outcomeOf(request({ status }))).toMatchObject({
      approved: false,
      outcome: status,
      data: { approved: false },
    })
  },
)

test('an approval has no text for an agent, which would read it as an instruction', () => {
  expect(outcomeOf(request({}))?.data).toEqual({ approved: true })
})

test('an edited approval does not approve the call that an agent planned', () => {
  const edited = outcomeOf(request({ revision: 2 }))
  if (!edited) throw new Error('It is closed.')

  expect(edited.approved).toBe(true)
  expect(outcomeForTool(edited)).toMatchObject({
    approved: false,
    outcome: 'edited',
    data: { approved: false, chatInput: expect.stringContaining('{"amount":20}') as string },
  })
})

test('an attempt that was refused at once says why', () => {
  const result = { status: 'guard_failed', reason: 'too_much', guards: [] }

  expect(
    outcomeOfAttempt(result as unknown as Extract<TransitionResult, { status: 'guard_failed' }>),
  ).toMatchObject({ approved: false, outcome: 'refused', reason: 'too_much' })
})
