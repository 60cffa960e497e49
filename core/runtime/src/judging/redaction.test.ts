import { saltedDigest, type JsonObject } from '@loop-engine/core'
import { expect, test } from 'vitest'

import { redact } from './redaction.ts'

const hidden = { redacted: true }

test.each<[string, readonly string[], JsonObject, JsonObject]>([
  ['a field', ['/card'], { card: '4111', cents: 5 }, { card: hidden, cents: 5 }],
  ['a deep one', ['/a/b'], { a: { b: 1, c: 2 }, b: 3 }, { a: { b: hidden, c: 2 }, b: 3 }],
  ['a whole object', ['/a'], { a: { b: 1 } }, { a: hidden }],
  ['any item', ['/cards/*'], { cards: ['1', '2'] }, { cards: [hidden, hidden] }],
  ['one item', ['/cards/1'], { cards: ['1', '2'] }, { cards: ['1', hidden] }],
  [
    'any key',
    ['/*/iban'],
    { a: { iban: 1 }, b: { iban: 2 } },
    { a: { iban: hidden }, b: { iban: hidden } },
  ],
  [
    'a key with a slash or a tilde',
    ['/a~1b', '/c~0d'],
    { 'a/b': 1, 'c~d': 2 },
    { 'a/b': hidden, 'c~d': hidden },
  ],
  ['nothing that is not there', ['/card'], { other: null }, { other: null }],
])('a path redacts %s', (_, paths, value, expected) => {
  expect(redact(value, { paths }, null)).toEqual(expected)
})

test('a string in which any of the patterns occurs is replaced, also when it is asked again', () => {
  const patterns = [/sk_live_/g, /^DE\d+/]
  const value = { note: 'key sk_live_1', list: ['DE89', 'to DE89', 5] }
  for (let time = 0; time < 2; time++)
    expect(redact(value, { patterns }, null)).toEqual({
      note: hidden,
      list: [hidden, 'to DE89', 5],
    })
})

test('with a salt the digest of what was there stays', () => {
  const digest = saltedDigest('salt', '"4111"')
  expect(redact({ card: '4111' }, { paths: ['/card'] }, 'salt')).toEqual({
    card: { redacted: true, digest },
  })
})
