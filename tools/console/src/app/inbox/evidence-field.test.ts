import { expect, test } from 'vitest'

import { readField, textOf } from './evidence-field.ts'

test.each(['words', '', 12.5, { a: [1] }, [1, 'x'], null, 'true'])(
  'what is not edited comes back as it was: %j',
  (value) => {
    expect(readField(textOf(value), value)).toEqual({ value })
  },
)

test('an edit cannot change the type of a value', () => {
  expect(readField('"12"', 12)).toMatchObject({ value: 12, problem: 'This must stay a number.' })
  expect(readField('{}', [1])).toMatchObject({ problem: 'This must stay a list.' })
  expect(readField('12', 'text')).toEqual({ value: '12' })
})

test('what is no JSON is said to be none', () => {
  expect(readField('{', { a: 1 })).toMatchObject({ problem: 'This is not JSON.' })
})
