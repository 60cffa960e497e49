import type { lookup } from 'node:dns'

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { createDestinations } from './destination.ts'

/** The result of a lookup whose resolver answers with these addresses. */
const answering = (...addresses: string[]): typeof lookup =>
  ((_name: string, _options: object, done: (error: null, found: object[]) => void) =>
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookup

function resolve(
  addresses: string[],
  allow: string[] = [],
  url = 'https://hooks.example/',
): unknown {
  let outcome: unknown
  const destinations = createDestinations(allow, answering(...addresses))
  const look = destinations.lookupFor(destinations.check(url))
  look('hooks.example', {}, (error, found) => {
    outcome = error ?? found.map(({ address }) => address)
  })
  return outcome
}

describe('an address of an internal network is refused, however it is written', () => {
  test.each([
    'https://127.0.0.1/',
    'https://0x7f.1/',
    'https://2130706433/',
    'https://１２７.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://[::127.0.0.1]/',
    'https://[4000::1]/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://192.168.0.1/',
    'https://0.0.0.0/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
  ])('%s', (url) => {
    expect(() => createDestinations().check(url)).toThrow(
      expect.objectContaining({ code: 'invalid_config', path: '/url' }),
    )
  })
})

test.each(['http://hooks.example/', 'ftp://hooks.example/', 'https://a:b@hooks.example/', 'hooks'])(
  '%s is refused',
  (url) => {
    expect(() => createDestinations().check(url)).toThrow(
      expect.objectContaining({ code: 'invalid_config' }),
    )
  },
)

test('a public address and a host name are accepted', () => {
  expect(createDestinations().check('https://1.1.1.1/x').href).toBe('https://1.1.1.1/x')
  expect(createDestinations().check('https://hooks.example/x').href).toBe('https://hooks.example/x')
})

test('an allowed network is accepted, and no other', () => {
  const destinations = createDestinations(['10.0.0.0/8'])

  expect(destinations.check('http://10.2.3.4/').hostname).toBe('10.2.3.4')
  expect(() => destinations.check('http://11.2.3.4.nip.example@192.168.0.1/')).toThrow(/password/)
  expect(() => destinations.check('https://192.168.0.1/')).toThrow(/not public/)
})

test('only an allowed network is reached without encryption', () => {
  const allow = ['10.0.0.0/8']
  const refused = expect.objectContaining({ code: 'invalid_config' })
  for (const url of ['http://1.1.1.1/', 'http://192.168.0.1/'])
    expect(() => createDestinations(allow).check(url)).toThrow(/unencrypted/)
  expect(resolve(['10.1.2.3'], allow, 'http://hooks.example/')).toEqual(['10.1.2.3'])
  expect(resolve(['1.1.1.1'], allow, 'http://hooks.example/')).toEqual(refused)
  expect(resolve(['1.1.1.1', '10.1.2.3'], allow, 'http://hooks.example/')).toEqual(refused)
  expect(resolve(['1.1.1.1', '10.1.2.3'], allow)).toEqual(['1.1.1.1', '10.1.2.3'])
})

test('a host name resolves to the addresses that were checked', () => {
  expect(resolve(['1.1.1.1', '2606:4700::1111'])).toEqual(['1.1.1.1', '2606:4700::1111'])
  expect(resolve(['10.1.1.1'], ['10.0.0.0/8'])).toEqual(['10.1.1.1'])
})

test('a host name with one internal address among public ones is refused', () => {
  const inside = fc.oneof(
    fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `10.${parts.join('.')}`),
    fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `127.${parts.join('.')}`),
    fc.tuple(fc.nat(255), fc.nat(255)).map((parts) => `169.254.${parts.join('.')}`),
    fc.nat(0xffff).map((part) => `fd00::${part.toString(16)}`),
    fc.nat(0xffff).map((part) => `::ffff:127.0.0.${part % 256}`),
  )
  fc.assert(
    fc.property(inside, fc.nat(2), (bad, place) => {
      const addresses = ['1.1.1.1', '9.9.9.9']
      addresses.splice(place, 0, bad)
      expect(resolve(addresses)).toMatchObject({ code: 'invalid_config' })
    }),
    { seed: 1 },
  )
})

test('a host name without addresses is refused', () => {
  expect(resolve([])).toMatchObject({ code: 'invalid_config' })
})

test('an allowed network that cannot be read is refused', () => {
  expect(() => createDestinations(['10.0.0.0'])).toThrow(
    expect.objectContaining({ path: '/allow' }),
  )
})
