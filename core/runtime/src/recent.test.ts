import { expect, test } from 'vitest'

import { createRecent } from './recent.ts'

test('what was used last is known', () => {
  const recent = createRecent<number>(5)

  for (let at = 0; at < 100; at++) {
    recent.set(`k${at}`, at)
    // Used all the time, so that it stays.
    recent.get('k0')
  }

  expect(['k0', 'k99', 'k98', 'k97', 'k96'].map((key) => recent.get(key))).toEqual([
    0, 99, 98, 97, 96,
  ])
})

test('less than twice as many are kept', () => {
  const recent = createRecent<number>(5)

  for (let at = 0; at < 99; at++) recent.set(`k${at}`, at)

  // From the newest: to find one makes it young again, and may drop an older one.
  const known = Array.from({ length: 99 }, (_, at) => recent.get(`k${98 - at}`))
  expect(known.filter((value) => value !== undefined).length).toBeLessThan(10)
})

test('a newer value replaces the one of the older generation', () => {
  const recent = createRecent<string>(2)
  for (const key of ['a', 'b']) recent.set(key, 'first')

  recent.set('a', 'second')

  expect(recent.get('a')).toBe('second')
})

test('what was deleted is gone from both generations', () => {
  const recent = createRecent<string>(2)
  for (const key of ['a', 'b', 'a']) recent.set(key, key)

  recent.delete('a')

  expect(recent.get('a')).toBeUndefined()
  expect(recent.get('b')).toBe('b')
})
