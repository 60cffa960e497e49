import { createSecretKey } from 'node:crypto'

import { describe, expect, test } from 'vitest'

import { createHistorySeal, type HistoryKey } from './history-seal.ts'

const key = (keyId: string, fill = keyId): HistoryKey => ({
  keyId,
  key: createSecretKey(Buffer.alloc(32, fill)),
})
const value = { evidence: { iban: 'DE02120300000000202051' } }
const about = ['command', 'transition', 'default', 'order-1']
const unsealed = expect.objectContaining({ code: 'auth' })

describe('a value that is sealed for a history', () => {
  const seal = createHistorySeal([key('k1')])
  const text = String(seal.seal(value, about))

  test('reveals nothing, not even that two values are equal, and opens with the key', () => {
    expect(text).toMatch(/^v1\.k1\.[\w-]+$/)
    expect(Buffer.from(text.split('.')[2] ?? '', 'base64url').toString('latin1')).not.toContain(
      'DE0212',
    )
    expect(seal.seal(value, about)).not.toBe(text)
    expect(seal.open(text, about)).toEqual(value)
  })

  test.each([
    ['about something else', text, ['command', 'transition', 'default', 'order-2']],
    ['changed', `${text.slice(0, -2)}${text.at(-2) === 'A' ? 'BA' : 'AA'}`, about],
    ['under another name', text.replace('.k1.', '.k2.'), about],
    ['cut off', text.slice(0, 20), about],
    ['not sealed at all', value, about],
  ])('does not open when it is %s', (_, sealed, scope) => {
    const both = createHistorySeal([key('k1'), key('k2', 'k1')])
    expect(() => both.open(sealed, scope)).toThrow(unsealed)
  })

  test('still opens with the old key after a new key seals', () => {
    const renewed = createHistorySeal([key('k2'), key('k1')])
    expect(renewed.open(text, about)).toEqual(value)
    const young = renewed.seal(value, about)
    expect(young).toMatch(/^v1\.k2\./)
    expect(() => seal.open(young, about)).toThrow(unsealed)
  })

  test('has a tag that tells values apart, and that nobody can compute without the key', () => {
    expect(seal.tag({ a: 1, b: 2 })).toBe(seal.tag({ b: 2, a: 1 }))
    expect(seal.tag(value)).not.toBe(createHistorySeal([key('k2')]).tag(value))
  })
})

test.each([
  ['no key', []],
  ['two of one name', [key('k1'), key('k1', 'x')]],
  ['a short one', [{ keyId: 'k1', key: createSecretKey(Buffer.alloc(16)) }]],
  ['a name that is not plain', [key('k.1')]],
])('a configuration with %s is refused', (_, keys) => {
  expect(() => createHistorySeal(keys)).toThrow(expect.objectContaining({ code: 'invalid_config' }))
})
