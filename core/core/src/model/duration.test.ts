import { expect, test } from 'vitest'

import { isDuration, parseDuration } from './duration.ts'

test.each([
  ['500ms', 500],
  ['1.5h', 5_400_000],
  ['2w', 1_209_600_000],
  ['365000d', 31_536_000_000_000],
])('%s is %i milliseconds', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', '5', '-1h', '1 h', '1e3s', '365000.001d', '999999999w'])('%j is refused', (text) => {
  expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  expect(isDuration(text)).toBe(false)
})
