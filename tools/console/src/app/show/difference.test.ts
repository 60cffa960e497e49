import { expect, test } from 'vitest'

import { differencesOf } from './difference.ts'

test('says what was changed, added and removed, and where', () => {
  const before = { amount: 20, lines: [{ sku: 'a' }, { sku: 'b' }], note: 'x' }
  const after = { amount: 25, lines: [{ sku: 'a' }, { sku: 'c' }], to: null }

  expect(differencesOf(before, after)).toEqual([
    { path: 'amount', kind: 'changed', before: 20, after: 25 },
    { path: 'lines.1.sku', kind: 'changed', before: 'b', after: 'c' },
    { path: 'note', kind: 'removed', before: 'x' },
    { path: 'to', kind: 'added', after: null },
  ])
})

test('another type is a change, the same value is none', () => {
  expect(differencesOf({ a: 1 }, { a: '1' })).toHaveLength(1)
  expect(differencesOf({ a: [] }, { a: {} })).toHaveLength(1)
  expect(differencesOf({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([])
})

test('a member that is named like one of every object is found', () => {
  expect(differencesOf({}, JSON.parse('{"__proto__":1,"toString":2}'))).toEqual([
    { path: '__proto__', kind: 'added', after: 1 },
    { path: 'toString', kind: 'added', after: 2 },
  ])
})
