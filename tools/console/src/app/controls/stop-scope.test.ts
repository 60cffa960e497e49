import { expect, test } from 'vitest'

import { coverOf, targetOf } from './stop-scope.ts'

test.each([
  ['*', { everything: true }],
  ['tenant:acme', { tenant: true }],
  ['loop:acme:refund', { loopId: 'refund' }],
  ['instance:acme:order:17', { aggregateId: 'order:17' }],
  ['actor:acme:agent:refunds', { actorId: 'agent:refunds' }],
  ['planet:acme:x', null],
])('the stop of %s is released by its target', (scope, target) => {
  expect(targetOf(scope)).toEqual(target)
})

test('says what is stopped, also when it does not know the kind', () => {
  expect(coverOf('actor:acme:agent:refunds')).toBe('The actor agent:refunds')
  expect(coverOf('planet:acme:x')).toBe('planet:acme:x')
})
