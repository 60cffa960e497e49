import { expect, test } from 'vitest'

import { refuseStrayKeys } from './stray-keys.ts'

const refuse = (given: unknown) => () =>
  refuseStrayKeys(given, { id: true, name: true }, { what: 'example', path: '/options' })

test('options without a stray key pass, and so does one that has no value', () => {
  expect(refuse({ id: 1 })).not.toThrow()
  expect(refuse({ id: 1, nmae: undefined })).not.toThrow()
})

test.each([
  ['nmae', '/options/nmae'],
  ['a/b~c', '/options/a~1b~0c'],
  // Whoever prints or sends the path must be able to: a long key is cut, and half a character replaced.
  ['x'.repeat(100), `/options/${'x'.repeat(64)}…`],
  ['\ud800', '/options/\ufffd'],
])('the stray key %j is named by a path that can be printed', (key, path) => {
  expect(refuse({ [key]: 1 })).toThrow(
    expect.objectContaining({ path, hint: 'Its keys are id, name.' }),
  )
})

test.each([null, [], 'id'])('%j is no object of options', (given) => {
  expect(refuse(given)).toThrow('example takes an object.')
})
