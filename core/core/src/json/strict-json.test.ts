import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { isLoopError } from '../errors.ts'
import { canonicalize } from './canonical.ts'
import type { JsonLimits } from './json-fault.ts'
import { parseStrictJson } from './strict-json.ts'

function refusal(text: string, limits?: JsonLimits): Record<string, unknown> {
  try {
    parseStrictJson(text, limits)
  } catch (error) {
    if (!isLoopError(error)) throw error
    return { code: error.code, path: error.path, ...error.details }
  }
  return { code: 'accepted' }
}

describe('what JSON.parse accepts', () => {
  test.each([
    ['a duplicate key', '{"a":1,\n "b":{"c":1,"c":2}}', '/b/c', 2, 13],
    ['a duplicate key, escaped', String.raw`{"a":1,"\u0061":2}`, '/a', 1, 8],
    ['an integer beyond a double', '[9007199254740993]', '/0', 1, 2],
    ['a negative integer beyond a double', '{"id":-9007199254740993}', '/id', 1, 7],
    ['an infinite number', '{"a":1e400}', '/a', 1, 6],
    ['a number that becomes zero', '1e-400', '', 1, 1],
    ['more digits than a double has', '[3.141592653589793238]', '/0', 1, 2],
    ['a lone surrogate', '["\ud800"]', '/0', 1, 2],
    ['an escaped lone surrogate', String.raw`[{"a":"x\uD800"}]`, '/0/a', 1, 7],
    ['a lone surrogate as a key', String.raw`{"\udc00":1}`, '', 1, 2],
    ['__proto__ as a key', '{"a":{"__proto__":{}}}', '/a/__proto__', 1, 7],
    ['__proto__ as a key, escaped', String.raw`{"\u005f_proto__":1}`, '/__proto__', 1, 2],
    ['depth beyond the limit', `${'['.repeat(65)}${']'.repeat(65)}`, '/0'.repeat(64), 1, 65],
  ])('%s is refused with its place', (_name, text, path, line, column) => {
    expect(() => JSON.parse(text)).not.toThrow()
    expect(refusal(text)).toEqual({ code: 'invalid_json', path, line, column })
  })

  test.each([
    '0',
    '-0',
    '1.0',
    '4.50',
    '1E2',
    '0e999999',
    '9007199254740991',
    '9007199254740992',
    '295147905179352830000',
    '0.30000000000000004',
    '1.7976931348623157e308',
    '5e-324',
    String.raw`"\ud83d\ude02\u0000\"\\"`,
    '{"a:b":[{"c":"}"},{"c":"{"}]}',
    ' \r\n\t{ "a" : [ ] } ',
  ])('%s is accepted with the same result', (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text))
  })
})

test('what is no text is no JSON', () => {
  expect(refusal(Buffer.from('{}') as unknown as string)).toEqual({
    code: 'invalid_json',
    path: '',
  })
})

describe('what JSON.parse refuses', () => {
  test.each([
    ['', 1, 1],
    ['{', 1, 2],
    ['[1,]', 1, 4],
    ['{"a":1,}', 1, 8],
    ['{"a" 1}', 1, 6],
    ["{'a':1}", 1, 2],
    ['[01]', 1, 3],
    ['1.', 1, 2],
    ['+1', 1, 1],
    ['--1', 1, 1],
    ['1e5e5', 1, 4],
    ['NaN', 1, 1],
    ['nul', 1, 1],
    ['1 2', 1, 3],
    ['[1]\n]', 2, 1],
    ['"abc', 1, 5],
    ['"\\x"', 1, 1],
    ['"\n"', 1, 1],
    ['\ufeff1', 1, 1],
  ])('%j is refused with its place', (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
    expect(refusal(text)).toMatchObject({ code: 'invalid_json', line, column })
  })
})

describe('limits', () => {
  test('200,000 levels are refused without a stack overflow, even if depth is unbounded', () => {
    const text = '['.repeat(200_000) + ']'.repeat(200_000)

    expect(refusal(text).code).toBe('invalid_json')
    expect(refusal(text, { maxDepth: 1_000_000 }).code).toBe('invalid_json')
    expect(refusal('{"a":'.repeat(200_000)).code).toBe('invalid_json')
  })

  test('bytes are counted before anything is read', () => {
    expect(refusal(`"${'x'.repeat(100)}"`, { maxBytes: 100 }).code).toBe('too_large')
    expect(refusal('"é"', { maxBytes: 3 }).code).toBe('too_large')
    expect(refusal('"é"', { maxBytes: 4 }).code).toBe('accepted')
  })

  test('a key of a megabyte is accepted once and refused twice', () => {
    const key = 'k'.repeat(1_000_000)

    expect(refusal(`{"${key}":1}`).code).toBe('accepted')
    expect(refusal(`{"${key}":1,"${key}":2}`)).toMatchObject({ path: `/${'k'.repeat(64)}…` })
  })
})

describe('properties', () => {
  const data = fc
    .jsonValue({ stringUnit: 'binary' })
    .filter((value) => !JSON.stringify(value).includes('__proto__'))

  test('every canonical text is accepted, and means what it meant', () => {
    fc.assert(
      fc.property(data, (value) => {
        const text = canonicalize(value)

        expect(canonicalize(parseStrictJson(text))).toBe(text)
      }),
      { seed: 8785, numRuns: 500 },
    )
  })

  test('a damaged text is either refused or means what JSON.parse reads', () => {
    const marks = Array.from('{}[],:"\\e9-.u \u0000')
    const damaged = fc.tuple(data, fc.nat(), fc.constantFrom(...marks))
    fc.assert(
      fc.property(damaged, ([value, position, mark]) => {
        const text = JSON.stringify(value)
        const at = position % text.length
        const broken = text.slice(0, at) + mark + text.slice(at + 1)

        const { code } = refusal(broken)
        const read: unknown = code === 'accepted' ? parseStrictJson(broken) : code

        expect(read).toEqual(code === 'accepted' ? JSON.parse(broken) : 'invalid_json')
      }),
      { seed: 8785, numRuns: 1_000 },
    )
  })
})
