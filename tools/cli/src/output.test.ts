import { expect, test } from 'vitest'

import { plain, table } from './output.ts'

test('what comes from outside cannot move the cursor or hide text', () => {
  expect(plain('red\u001b[31m alert\r\nnext\u202eback')).toBe(
    'red alert<U+000D><U+000A>next<U+202E>back',
  )
})

test('columns are as wide as their widest cell', () => {
  expect(table(['ID', 'X'], [['long id', '1']])).toBe('ID       X\nlong id  1')
})
