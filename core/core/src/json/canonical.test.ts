import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { LoopError } from '../errors.ts'
import { canonicalize } from './canonical.ts'
import { snapshot } from './snapshot.ts'

function errorOf(run: () => unknown): LoopError {
  try {
    run()
  } catch (error) {
    if (error instanceof LoopError) return error
    throw error
  }
  throw new Error('Nothing was thrown.')
}

function nested(levels: number): unknown {
  let value: unknown = []
  for (let level = 1; level < levels; level++) value = [value]
  return value
}

/** RFC 8785 written for clarity only. */
function reference(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(reference).join(',')}]`
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([key, item]) => `${JSON.stringify(key)}:${reference(item)}`).join(',')}}`
}

describe('properties', () => {
  const data = fc
    .jsonValue({ stringUnit: 'binary', maxDepth: 5 })
    .filter((value) => !JSON.stringify(value).includes('__proto__'))

  test('it agrees with the reference, whether the data was a snapshot or not', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(canonicalize(value)).toBe(reference(value))
        expect(canonicalize(snapshot(value))).toBe(reference(value))
      }),
      { seed: 8785, numRuns: 500 },
    )
  })

  test('canonical text is its own canonical form', () => {
    fc.assert(
      fc.property(data, (value) => {
        const text = canonicalize(value)

        expect(canonicalize(JSON.parse(text))).toBe(text)
      }),
      { seed: 8785, numRuns: 500 },
    )
  })

  test('the order of keys does not matter', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ minLength: 1 }), fc.nat()), (dictionary) => {
        fc.pre(!Object.hasOwn(dictionary, '__proto__'))
        const reversed = Object.fromEntries(Object.entries(dictionary).toReversed())

        expect(canonicalize(reversed)).toBe(canonicalize(dictionary))
      }),
      { seed: 8785, numRuns: 500 },
    )
  })
})

describe('strings', () => {
  test.each([
    '',
    '"',
    '\\',
    '\u0000',
    '\u001f',
    '\u007f',
    '\u2028',
    '\ud83d\ude02',
    'x'.repeat(49),
  ])('%j is escaped as JSON.stringify does', (string) => {
    expect(canonicalize(string)).toBe(JSON.stringify(string))
    expect(canonicalize({ [string]: string })).toBe(JSON.stringify({ [string]: string }))
  })
})

describe('limits', () => {
  test('bytes are counted as UTF-8', () => {
    expect(canonicalize('é€😂', { maxBytes: 11 })).toBe('"é€😂"')
    expect(errorOf(() => canonicalize('é€😂', { maxBytes: 10 })).code).toBe('too_large')
  })

  test('a large string, key or array is refused before it is copied', () => {
    const large = 'x'.repeat(1_000_000)

    for (const value of [{ note: large }, { [large]: 1 }, Array.from(large), [[[large]]]]) {
      expect(errorOf(() => canonicalize(value, { maxBytes: 1_000 })).code).toBe('too_large')
    }
  })

  test('shared references cannot multiply beyond the limit', () => {
    let value: unknown = []
    for (let level = 0; level < 60; level++) value = [value, value]

    expect(errorOf(() => canonicalize(value, { maxBytes: 10_000 })).code).toBe('too_large')
  })

  test('depth is bounded', () => {
    expect(canonicalize(nested(64))).toBe('['.repeat(64) + ']'.repeat(64))
    expect(errorOf(() => canonicalize(nested(65)))).toMatchObject({
      code: 'invalid_json',
      path: '/0'.repeat(64),
    })
  })

  test('200,000 levels are refused without a stack overflow, even if depth is unbounded', () => {
    expect(errorOf(() => canonicalize(nested(200_000))).code).toBe('invalid_json')
    const unbounded = { maxDepth: Number.POSITIVE_INFINITY }
    expect(errorOf(() => canonicalize(nested(200_000), unbounded)).code).toBe('invalid_json')
  })

  test('ever new shapes are written correctly after the cache has been emptied', () => {
    for (let round = 0; round < 10_000; round++) {
      expect(canonicalize({ [`b${round}`]: 1, a: 2 })).toBe(`{"a":2,"b${round}":1}`)
    }
  })

  test('objects with more keys than are cached are sorted too', () => {
    const entries = Array.from({ length: 1_000 }, (_, index) => [`k${index}`, index] as const)
    const value = Object.fromEntries(entries)

    expect(canonicalize(value)).toBe(reference(value))
  })
})
