import { expect, test } from 'vitest'

import { partsOf, spellOut } from './unseen.ts'

test('what turns or hides text is spelled out where it stands', () => {
  expect(partsOf('pay\u202egnp.exe')).toEqual([
    { seen: true, text: 'pay' },
    { seen: false, name: 'U+202E right-to-left override' },
    { seen: true, text: 'gnp.exe' },
  ])
  expect(spellOut('a\u200bb\u{e0041}c\u00a0d\r')).toBe(
    'a[U+200B zero-width space]b[U+E0041 tag A]c[U+00A0 no-break space]d[U+000D carriage return]',
  )
})

test('scripts, signs, lines and tabs stay as they are', () => {
  const text = 'שלום مرحبا 你好 naïve 👍 ❤\ufe0f\n\tnext'

  expect(partsOf(text)).toEqual([{ seen: true, text }])
})

test.each([
  '\u0000',
  '\u001b[31m',
  '\u2028',
  '\ud800',
  '\u3164',
  '\u2800',
  '\u3000',
  '\ue000',
  'e\ufe0f',
  'e\u180b',
  'e\u{e0141}',
])('%j does not pass unseen', (text) => {
  expect(partsOf(text).some(({ seen }) => !seen)).toBe(true)
})

test('spaces at either end, of which nothing is seen, are spelled out; within a text they stay', () => {
  expect(spellOut('amount ')).toBe('amount[U+0020 space]')
  expect(spellOut(' \ta  b\nc\n\n')).toBe('[U+0020 space][U+0009 tab]a  b\nc[2 × U+000A line feed]')
  expect(spellOut('   ')).toBe('[3 × U+0020 space]')
  expect(spellOut(`a${' '.repeat(200_000)}b`)).toHaveLength(200_002)
})

test('nothing is lost between the parts', () => {
  const seen = partsOf('a\u202eb\u2066c').flatMap((part) => (part.seen ? [part.text] : []))

  expect(seen.join('')).toBe('abc')
})
