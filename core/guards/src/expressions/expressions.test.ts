import { isLoopError, type Actor, type JsonValue } from '@loop-engine/core'
import { describe, expect, test } from 'vitest'

import { createExpressions, type ExpressionContext } from './expressions.ts'

const shared = createExpressions()
const compile: typeof shared.compile = (text, scope) => shared.compile(text, scope)
const actor: Actor = { type: 'human', id: 'alice', roles: ['finance'] }
const context: ExpressionContext = {
  evidence: {
    amount: 150,
    count: 3,
    rate: 2.5,
    text: 'hello',
    items: [{ price: 5 }, { price: 7 }],
    tags: ['a', 'b'],
    nothing: null,
    max: Number.MAX_SAFE_INTEGER,
  },
  actor,
  instance: { currentState: 'open', metadata: { limit: 100 } },
  transition: { id: 'pay' },
  now: 1_750_000_000_000,
}
const valueOf = (text: string): JsonValue => compile(text).evaluate(context)

function refusal(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (isLoopError(error)) return error.code
    throw error
  }
  return 'none'
}

test('the arguments of a governed call are at hand as `input`, and absent they are null', () => {
  const call = { ...context, evidence: { input: { amount: 150 } } }
  expect(compile('input.amount > 100').evaluate(call)).toBe(true)
  expect(compile('input == null').evaluate(context)).toBe(true)
  expect(refusal(() => compile('input.amount > 100').evaluate(context))).toBe('invalid_input')
})

test('what is no text does not compile', () => {
  expect(refusal(() => compile(undefined as unknown as string))).toBe('invalid_definition')
})

describe('a value', () => {
  test.each<[string, JsonValue]>([
    ['evidence.amount > 100', true],
    ['evidence.count == 3', true],
    ['evidence.count == 3.0', true],
    ['evidence.rate < 3', true],
    ['evidence.count + 1', 4],
    ['1 - evidence.rate', -1.5],
    ['evidence.count * 2 + 1 == 7', true],
    ['evidence.amount / 4', 37.5],
    ['evidence.count % 2 == 1', true],
    ['evidence.tags[evidence.count - 2]', 'b'],
    ['7 / 2', 3],
    ['now > 0 && now - 1 < now', true],
    ['now', 1_750_000_000_000],
    ['evidence.count in [1, 2, 3]', true],
    ['"finance" in actor.roles', true],
    ['evidence.amount > instance.metadata.limit', true],
    ['transition.id == "pay"', true],
    ['has(evidence.missing)', false],
    ['evidence.nothing == null', true],
    ['evidence.items.all(item, item.price > 4)', true],
    ['evidence.items.map(item, item.price * 2)', [10, 14]],
    ['{"to": evidence.text, "cents": evidence.amount * 100}', { to: 'hello', cents: 15_000 }],
    ['size(evidence.tags)', 2],
    ['evidence.max', Number.MAX_SAFE_INTEGER],
    ['9007199254740990 + 1', Number.MAX_SAFE_INTEGER],
    ['evidence.count > 1 ? "many" : "one"', 'many'],
  ])('%s', (text, value) => {
    expect(valueOf(text)).toEqual(value)
  })
})

describe('what has no value throws, so that whoever asked fails closed', () => {
  test.each([
    'evidence.missing > 1',
    'evidence.text > 1',
    'evidence.__proto__',
    'evidence.constructor',
    '1 / 0',
    'evidence.amount / 0.0',
    '9007199254740992',
    '9223372036854775807',
    '9223372036854775807 + 1',
    'b"bytes"',
    'duration("1s")',
    'type(1)',
    '{1: 2}[3]',
  ])('%s', (text) => {
    expect(refusal(() => valueOf(text))).toBe('invalid_input')
  })

  test('the error names a position and quotes nothing', () => {
    const secret = { ...context, evidence: { key: 'hunter2', map: {} } }

    let thrown: unknown
    try {
      compile('evidence.map[evidence.key] == int(evidence.key)').evaluate(secret)
    } catch (error) {
      thrown = error
    }

    expect(thrown).toMatchObject({ path: '/evidence', details: { position: expect.any(Number) } })
    expect(`${JSON.stringify(thrown)}${String((thrown as Error).cause)}`).not.toContain('hunter2')
  })
})

describe('what cannot be compiled is refused with a hint', () => {
  test.each([
    'evidence.',
    'unknown > 1',
    '"a" + 1',
    'evidence.text.matches("(a+)+$")',
    'cel.bind(a, evidence.items + evidence.items, a + a)',
    'evidence.text.split(",")',
    'evidence.tags.join("")',
    `${'('.repeat(100)}1${')'.repeat(100)}`,
    `[${'1,'.repeat(600)}1]`,
    `"${'x'.repeat(5000)}"`,
    'evidence.a.all(a, evidence.b.all(b, evidence.c.all(c, a == b)))',
    Array.from({ length: 9 }, () => 'evidence.tags.exists(t, t == "a")').join(' && '),
    `evidence.items.all(a, ${Array.from({ length: 10 }, () => 'a').join(' + ')} > 0)`,
  ])('%s', (text) => {
    expect(refusal(() => compile(text))).toBe('invalid_definition')
  })

  test('an effect has no clock', () => {
    expect(refusal(() => compile('now > 1', 'effect'))).toBe('invalid_definition')
    expect(compile('evidence.amount', 'effect').evaluate(context)).toBe(150)
  })
})

test('an expression that would take too many steps for its input is refused, not run', () => {
  const wide = {
    ...context,
    evidence: { items: Array.from({ length: 3000 }, (_, index) => index) },
  }
  const pairs = compile('evidence.items.exists(a, evidence.items.exists(b, a + b < 0))')

  expect(compile('evidence.items.all(a, a >= 0)').evaluate(wide)).toBe(true)
  expect(refusal(() => pairs.evaluate(wide))).toBe('too_large')
  expect(refusal(() => compile('evidence.items.all(a, a in evidence.items)').evaluate(wide))).toBe(
    'too_large',
  )
})

test.each([
  'evidence.text.contains("x")',
  'evidence.text.startsWith("x")',
  'evidence.text.endsWith("x")',
  'evidence.text.indexOf("x") > 0',
  'evidence.text.lastIndexOf("x") > 0',
  'evidence.text.substring(1) == ""',
  'evidence.text.lowerAscii() == ""',
  'evidence.text.upperAscii() == ""',
  'evidence.text.trim() == ""',
  'evidence.text.size() > 0',
  'size(evidence.text) > 0',
  'evidence.items.all(b, b > a)',
  'evidence.items.exists(b, b > a)',
  'evidence.items.exists_one(b, b > a)',
  'evidence.items.map(b, b) == []',
  'evidence.items.filter(b, b > a) == []',
])('%s is a step for each of what it goes through', (step) => {
  const numbers = Array.from({ length: 3000 }, (_, index) => index)
  const wide = { ...context, evidence: { items: numbers, text: 'x' } }

  expect(refusal(() => compile(`evidence.items.all(a, ${step})`).evaluate(wide))).toBe('too_large')
})

test('lists that are joined again and again must be short; numbers may be added to long ones', () => {
  const long = {
    ...context,
    evidence: { items: Array.from({ length: 10_000 }, (_, index) => index) },
  }
  const joined = compile('evidence.items.map(a, evidence.items + [a]).size() > 0')

  expect(refusal(() => joined.evaluate(long))).toBe('too_large')
  expect(joined.evaluate({ ...context, evidence: { items: [1, 2] } })).toBe(true)
  expect(compile('evidence.items.all(a, a * 2 + a + 1 > 0)').evaluate(long)).toBe(true)
  expect(compile('evidence.items.all(a, a + 0.5 > 0.0)').evaluate(long)).toBe(true)
})

describe('an expression that multiplies what it was given ends', () => {
  const doubling = (times: number): string =>
    '.map(x, [x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x])'.repeat(times)
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

  test('when its value would be larger than anything that is recorded', () => {
    const items = { ...context, evidence: { items: numbers(2000) } }

    expect(refusal(() => valueOf(`[1]${doubling(8)}`))).toBe('too_large')
    const cube = compile('evidence.items.map(a, evidence.items.map(b, evidence.items))')
    expect(refusal(() => cube.evaluate(items))).toBe('too_large')
    const long = { ...context, evidence: { text: 'x'.repeat(60_000), items: numbers(2000) } }
    const texts = compile('evidence.items.map(a, evidence.items.map(b, evidence.text))')
    expect(refusal(() => texts.evaluate(long))).toBe('too_large')
  })

  test('when it would compare what it multiplied', () => {
    const alike = { ...context, evidence: { one: numbers(20_000), other: numbers(20_000) } }
    const text = `[evidence.one]${doubling(4)} == [evidence.other]${doubling(4)}`

    expect(refusal(() => compile(text).evaluate(alike))).toBe('too_large')
  })

  test('when it would compare long lists again and again', () => {
    const lists = (last: number) => [...Array.from({ length: 40_000 }, () => []), [last]]
    const alike = { ...context, evidence: { one: lists(1), other: lists(2) } }
    const text = 'evidence.one.exists(a, evidence.one == evidence.other)'

    expect(refusal(() => compile(text).evaluate(alike))).toBe('too_large')
  })
})

test('an expression is compiled once, and the oldest is forgotten', () => {
  const expressions = createExpressions({ maxCached: 1 })
  const first = expressions.compile('1 == 1')

  expect(expressions.compile('1 == 1')).toBe(first)
  expressions.compile('2 == 2')
  expect(expressions.compile('1 == 1')).not.toBe(first)
})
