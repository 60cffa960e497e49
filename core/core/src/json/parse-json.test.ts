import { expect, test } from 'vitest'

import { hasEscapedKey, parseJson } from './parse-json.ts'
import { parseStrictJson } from './strict-json.ts'

test.each([
  [String.raw`{"one":1,"\\":2}`, String.raw`{"one":1,"\"":2}`, { one: 1, '"': 2 }],
  [String.raw`{"two":1,"\\n":2}`, String.raw`{"two":1,"\nx":2}`, { two: 1, '\nx': 2 }],
  [String.raw`{"six":1,"\\u":2}`, String.raw`{"six":1,"\u00e9t" :2}`, { six: 1, ét: 2 }],
])('after %s the keys of %s are read as they are written', (before, text, keys) => {
  JSON.parse(before)

  expect(parseJson(text)).toEqual(keys)
  expect(parseStrictJson(text)).toEqual(keys)
})

test.each([
  String.raw`{"a":"\n\"","b:":["\\\\",{}]}`,
  String.raw`[{"\u0061 \"" : null, "b" : true}, -0, 1e21, "\ud83d\ude00", []]`,
  '7',
])('%s is read as JSON.parse reads it', (text) => {
  expect(parseJson(text)).toEqual(JSON.parse(text))
})

test.each([
  [String.raw`{"\"":1}`, true],
  [String.raw`{"a":"\\","\u00e9t":1}`, true],
  ['{"a":{"\\n" \t\r\n:1}}', true],
  [String.raw`{"a":"\n","b":["\":",1]}`, false],
  ['{"a":1}', false],
])('whether a key of %s is written with an escape: %s', (text, expected) => {
  expect(hasEscapedKey(text)).toBe(expected)
})

test('objects within objects are read as deep as any', () => {
  const text = String.raw`{"\n":`.repeat(999) + '{}' + '}'.repeat(999)
  expect(JSON.stringify(parseJson(text))).toBe(text)
})

test.each(['{"a"', String.raw`{"\n"`, String.raw`{"\n":}`, '"\\'])('%s is no JSON', (text) => {
  expect(() => parseJson(text)).toThrow('JSON')
})
