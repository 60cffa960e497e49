import type { Actor } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { hasRole, mayReview } from './entitlement.ts'

const alice: Actor = { type: 'human', id: 'alice', roles: ['finance'], groups: ['oncall'] }

test.each(['alice', 'user:alice', 'role:finance', 'group:oncall', '*'])(
  '%s lets alice review',
  (named) => {
    expect(mayReview(alice, ['bob', named])).toBe(true)
  },
)

test.each(['bob', 'finance', 'role:oncall', 'group:finance', 'user:bob', 'Alice', ''])(
  '"%s" does not let alice review',
  (named) => {
    expect(mayReview(alice, [named])).toBe(false)
  },
)

test('only a human reviews, whoever the policy names', () => {
  for (const type of ['ai-agent', 'automation', 'system'] as const) {
    expect(mayReview({ ...alice, type }, ['*', 'alice', 'role:finance'])).toBe(false)
  }
})

test('a person whose id looks like a role does not have that role', () => {
  expect(mayReview({ type: 'human', id: 'role:finance' }, ['role:finance'])).toBe(false)
  expect(hasRole({ type: 'human', id: 'x' }, 'finance')).toBe(false)
})

test('a person without roles and groups matches no role and no group', () => {
  expect(mayReview({ type: 'human', id: 'x' }, ['role:finance', 'group:oncall'])).toBe(false)
})
