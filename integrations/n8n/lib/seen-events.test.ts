import { expect, test } from 'vitest'

import { noteEvent, type SeenEvents } from './seen-events.ts'

const day = 24 * 3_600_000

test('an event is new only the first time', () => {
  const seen: SeenEvents = {}

  expect(noteEvent(seen, 'a', 0)).toBe(true)
  expect(noteEvent(seen, 'a', day)).toBe(false)
  expect(noteEvent(seen, 'constructor', 0)).toBe(true)
})

test('events are forgotten when they are old, and beyond a number', () => {
  const seen: SeenEvents = { old: 0 }
  noteEvent(seen, 'new', 4 * day)
  expect(Object.keys(seen)).toEqual(['new'])

  for (let index = 0; index < 5100; index++) noteEvent(seen, `event ${index}`, 4 * day)
  expect(Object.keys(seen)).toHaveLength(5000)
  expect(noteEvent(seen, 'event 5099', 4 * day)).toBe(false)
})
