import type { DecisionResult } from '@loop-engine/client'
import { expect, test } from 'vitest'

import { outcomeOf, settles } from './outcome.ts'
import { by, request } from './request.fixture.ts'

test('every answer has its words', () => {
  const decided = { ...request, status: 'approved' as const, decisions: [by('bob', 'approve')] }
  const refused = (reason: string, about = request): DecisionResult =>
    ({ status: 'refused', reason, request: about }) as DecisionResult

  expect(outcomeOf(refused('already_decided', decided), 'approve').title).toBe(
    'Not counted: it was approved by bob.',
  )
  expect(outcomeOf(refused('stale_revision'), 'approve').title).toContain('Look at it again')
  // One of two approved; that nobody decided would not be so.
  const lapsed = { ...request, status: 'expired' as const, decisions: [by('alice', 'approve')] }
  expect(outcomeOf(refused('already_decided', lapsed), 'approve').title).toBe(
    'Not counted: it was not decided in time.',
  )
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
