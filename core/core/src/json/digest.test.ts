import { expect, test } from 'vitest'

import { digestOf, saltedDigest, sha256Hex } from './digest.ts'

test('a digest is plain lowercase hexadecimal', () => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

  expect(sha256Hex('abc')).toBe(abc)
  expect(sha256Hex(new Uint8Array([0x61, 0x62, 0x63]))).toBe(abc)
})

test('the order of keys does not change a digest', () => {
  expect(digestOf({ b: [1, 'é'], a: null })).toBe(digestOf({ a: null, b: [1, 'é'] }))
  expect(digestOf({ a: 1 })).toBe(sha256Hex('{"a":1}'))
})

test('a salt changes a digest', () => {
  expect(saltedDigest('s', '{"a":1}')).toBe(sha256Hex('s\n{"a":1}'))
  expect(saltedDigest('t', '{"a":1}')).not.toBe(saltedDigest('s', '{"a":1}'))
})
