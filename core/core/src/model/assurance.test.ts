import { expect, test } from 'vitest'

import { assuranceMethods, isAssured } from './assurance.ts'

test('each method is as good as itself and as every weaker one, and as no stronger one', () => {
  for (const [level, method] of assuranceMethods.entries()) {
    for (const [needed, atLeast] of assuranceMethods.entries())
      expect(isAssured({ method }, atLeast)).toBe(level >= needed)
  }
})

test('what nobody knows is weaker than all', () => {
  expect(isAssured({ method: 'pinky-promise' }, 'asserted')).toBe(false)
  expect(isAssured(undefined, 'asserted')).toBe(false)
})

test('a note in PagerDuty is weaker than a link in a mailbox, because others can write it', () => {
  expect(isAssured({ method: 'pagerduty' }, 'signed-link')).toBe(false)
})

test('a login link shows as much as access to the machine that made it', () => {
  expect(isAssured({ method: 'login-link' }, 'asserted')).toBe(true)
  expect(isAssured({ method: 'login-link' }, 'local')).toBe(true)
  expect(isAssured({ method: 'login-link' }, 'api-key')).toBe(false)
})
