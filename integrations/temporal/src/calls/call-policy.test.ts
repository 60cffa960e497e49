import type { LoopSystem } from '@loop-engine/sdk'
import { expect, test } from 'vitest'

import { createTemporalPlugin } from '../plugin.ts'

// None of this is used before somebody calls.
const system = {} as LoopSystem
const approval = { reviewers: ['role:finance'], expiresIn: '2h' } as const
const allow = ['edit'] as const

test('a gate whose reviewers could edit is refused before anybody is asked', () => {
  expect(() =>
    createTemporalPlugin({ system, gates: { release: { approval: { ...approval, allow } } } }),
  ).toThrow(expect.objectContaining({ code: 'invalid_config', path: '/approval/allow' }))
})

test('a misspelt policy or option is refused, because it would govern nothing', () => {
  const policy = { aproval: approval } as object
  expect(() => createTemporalPlugin({ system, activities: { pay: policy } })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/aproval' }),
  )
  expect(() => createTemporalPlugin({ system, gates: { release: policy } })).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/aproval' }),
  )
  expect(() => createTemporalPlugin({ activites: {} } as object)).toThrow(
    expect.objectContaining({ code: 'invalid_config', path: '/activites' }),
  )
})

test('the policy of an activity may let reviewers edit its input', () => {
  expect(() =>
    createTemporalPlugin({ system, activities: { pay: { approval: { ...approval, allow } } } }),
  ).not.toThrow()
})
