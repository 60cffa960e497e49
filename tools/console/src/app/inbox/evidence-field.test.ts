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
  expect(readField('{', { a: 1 })).toMatchObject({
    value: { a: 1 },
    problem: 'Line 1, column 2: The text is not JSON.',
  })
})

test.each(['1e400', '9007199254740993', '0.12345678901234567891'])(
  'a number that would become another one is no edit: %s',
  (text) => {
    expect(readField(text, 12)).toMatchObject({
      value: 12,
      problem: expect.stringContaining('digits'),
    })
    expect(readField(`{"amount":${text}}`, { amount: 12 })).toMatchObject({
      problem: expect.stringContaining('digits'),
    })
  },
)

test('a name that is there twice is no edit', () => {
  expect(readField('{"to":"a","to":"b"}', { to: 'a' })).toMatchObject({
    problem: expect.stringContaining('twice'),
  })
})
