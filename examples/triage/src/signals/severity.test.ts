import { expect, test } from 'vitest'

import { severityOfCvss, severityOfWord, worse } from './severity.ts'

test.each([
  ['moderate', 'medium'],
  ['Medium', 'medium'],
  ['note', 'low'],
  ['error', 'high'],
  ['unheard-of', null],
  [undefined, null],
])('the word %s stands for %s', (word, severity) => {
  expect(severityOfWord(word)).toBe(severity)
})

test.each([
  [0.1, 'low'],
  [3.9, 'low'],
  [4, 'medium'],
  [6.9, 'medium'],
  [7, 'high'],
  [8.9, 'high'],
  [9, 'critical'],
])('a CVSS score of %d is %s', (score, severity) => {
  expect(severityOfCvss(score)).toBe(severity)
})

test('the worse of two severities does not depend on their order', () => {
  expect(worse('low', 'high')).toBe('high')
  expect(worse('high', 'low')).toBe('high')
})
