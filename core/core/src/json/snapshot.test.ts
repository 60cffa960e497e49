import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { isLoopError } from '../errors.ts'
import { canonicalize } from './canonical.ts'
import { deepFreeze, freezeParsed, isSnapshot, snapshot } from './snapshot.ts'

function refusal(run: () => unknown): { code: string; path?: string; hint?: string } {
  try {
    run()
  } catch (error) {
    if (isLoopError(error)) return { code: error.code, path: error.path, hint: error.hint }
    throw error
  }
  return { code: 'accepted' }
}

const cycle: Record<string, unknown> = { name: 'a' }
cycle.self = { back: cycle }
const ring: unknown[] = []
ring.push([ring])
const getter = Object.defineProperty({}, 'price', { enumerable: true, get: () => 1 })
const hidden = Object.defineProperty({}, 'price', { value: 1 })
const throwing = new Proxy(
  {},
  {
    ownKeys: () => {
      throw new Error('no')
    },
  },
)

const hostile: [name: string, value: unknown, path: string][] = [
  ['NaN', { items: [1, 2, 3, { price: Number.NaN }] }, '/items/3/price'],
  ['Infinity', [Number.NEGATIVE_INFINITY], '/0'],
  ['undefined itself', undefined, ''],
  ['an undefined property', { a: { b: undefined } }, '/a/b'],
  ['an undefined item', [1, undefined], '/1'],
  ['a hole', Array(2), '/0'],
  ['a function', { toJSON: () => 1 }, '/toJSON'],
  ['a symbol', { a: Symbol('a') }, '/a'],
  ['a bigint', { 'a/b': { '~': 1n } }, '/a~1b/~0'],
  ['a cycle of objects', cycle, '/self/back'],
  ['a cycle of arrays', ring, '/0/0'],
  ['a lone surrogate', { a: ['\ud800'] }, '/a/0'],
  ['a lone surrogate in a long string', { a: `${'x'.repeat(100)}\udc00` }, '/a'],
  ['a lone surrogate as a key', { a: { '\ud800': 1 } }, '/a'],
  ['__proto__ as a key', { a: JSON.parse('{"__proto__":{"admin":true}}') as unknown }, '/a'],
  ['a date', { at: new Date(0) }, '/at'],
  ['a map', new Map(), ''],
  ['a boxed string', [new String('a')], '/0'],
  ['a class instance', [new (class Price {})()], '/0'],
  ['a subclass of Array', [new (class List extends Array {})()], '/0'],
  ['an inherited prototype', [Object.create({ a: 1 })], '/0'],
  ['a symbol as a key', { a: { [Symbol('a')]: 1 } }, '/a'],
  ['an accessor', { a: getter }, '/a/price'],
  ['a hidden property', { a: hidden }, '/a/price'],
  ['a proxy that throws', { a: throwing }, '/a'],
]

describe('what is not JSON', () => {
  test.each(hostile)('%s is refused with its path', (_name, value, path) => {
    const expected = { code: 'invalid_json', path, hint: expect.any(String) }

    expect(refusal(() => snapshot(value))).toEqual(expected)
    expect(refusal(() => canonicalize(value))).toEqual(expected)
  })

  test('no getter of an object runs', () => {
    let runs = 0
    const value = Object.defineProperty({}, 'a', { enumerable: true, get: () => (runs += 1) })

    refusal(() => snapshot(value))

    expect(runs).toBe(0)
  })

  test('a path never carries a whole key of a megabyte', () => {
    const { path } = refusal(() => snapshot({ ['k'.repeat(1_000_000)]: Number.NaN }))

    expect(path).toBe(`/${'k'.repeat(64)}…`)
  })

  test('size and depth are bounded', () => {
    let deep: unknown = {}
    for (let level = 0; level < 200_000; level++) deep = { deep }

    expect(refusal(() => snapshot(deep)).code).toBe('invalid_json')
    expect(refusal(() => snapshot(['x'.repeat(100)], { maxBytes: 100 })).code).toBe('too_large')
    expect(refusal(() => snapshot({ ['x'.repeat(100)]: 1 }, { maxBytes: 100 })).code).toBe(
      'too_large',
    )
    expect(refusal(() => snapshot([[]], { maxDepth: 1 }))).toMatchObject({ path: '/0' })
  })
})

describe('the copy', () => {
  test('is equal, frozen all the way down, and independent', () => {
    const value = { amount: 5, lines: [{ sku: 'a' }], note: null }

    const copy = snapshot(value)
    value.lines[0] = { sku: 'b' }

    expect(copy).toEqual({ amount: 5, lines: [{ sku: 'a' }], note: null })
    expect([copy, copy.lines, copy.lines[0]].every(Object.isFrozen)).toBe(true)
  })

  test('keeps the order of keys', () => {
    expect(JSON.stringify(snapshot({ b: 1, a: 2 }))).toBe('{"b":1,"a":2}')
  })

  test('of an object without prototype is a plain object', () => {
    const value: object = Object.assign(Object.create(null), { a: 1 })

    expect(Object.getPrototypeOf(snapshot(value))).toBe(Object.prototype)
  })

  test('is recognised, and returned as it is', () => {
    const copy = snapshot({ a: { b: 1 } })

    expect(snapshot(copy)).toBe(copy)
    expect(snapshot({ x: copy.a }).x).toBe(copy.a)
    expect(isSnapshot(copy.a)).toBe(true)
    expect(isSnapshot({ ...copy })).toBe(false)
    expect(isSnapshot(Object.create(copy))).toBe(false)
  })

  test('holds what a proxy answered the first time, because nothing is read twice', () => {
    let reads = 0
    const proxy = new Proxy(
      { price: 1 },
      {
        getOwnPropertyDescriptor: () => {
          reads += 1
          return { value: reads === 1 ? 1 : Number.NaN, enumerable: true, configurable: true }
        },
      },
    )

    expect(snapshot(proxy)).toEqual({ price: 1 })
  })

  test('is what its canonical text reads as: there is one zero', () => {
    const copy = snapshot({ amounts: [-0, 0], rate: -0 })

    expect([...copy.amounts, copy.rate].map((zero) => Object.is(zero, 0))).toEqual([
      true,
      true,
      true,
    ])
  })

  test('equals its original, whatever the data', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'))

        // Which knows one zero, too.
        expect(snapshot(value as unknown)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
      { seed: 8785, numRuns: 300 },
    )
  })
})

describe('deepFreeze', () => {
  test('freezes plain data in place and leaves other objects alone', () => {
    const at = new Date(0)
    const value = { list: [{ a: 1 }], at, self: {} }
    value.self = value

    expect(deepFreeze(value)).toBe(value)
    expect([value, value.list, value.list[0]].every(Object.isFrozen)).toBe(true)
    expect(Object.isFrozen(at)).toBe(false)
  })
})

describe('freezeParsed', () => {
  test('freezes all of what was parsed, whatever its keys are and however deep it is', () => {
    const hostile = '{"__proto__":{"a":[{"b":1}]},"list":[[null],"text"],"length":{}}'
    const value = freezeParsed(JSON.parse(hostile) as Record<string, unknown>)
    const own = Object.getOwnPropertyDescriptor(value, '__proto__')?.value as { a: [object] }
    const { list, length } = value as { list: [object]; length: object }
    expect([value, own, own.a, own.a[0], list, list[0], length].every(Object.isFrozen)).toBe(true)

    let inner = freezeParsed(JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`) as unknown[])
    for (; inner.length > 0; inner = inner[0] as unknown[])
      expect(Object.isFrozen(inner)).toBe(true)
  })
})
