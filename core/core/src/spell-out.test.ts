import { expect, test } from 'vitest'

import { spellOut } from './spell-out.ts'

test.each([
  ['a Mongolian selector', '\u180b'],
  ['a variation selector', '\ufe01'],
  ['a variation selector that carries a byte', '\u{e0141}'],
  ['a selector behind what is no sign', '\ufe0f'],
  ['a blank of Braille', '\u2800'],
  ['a filler', '\u3164'],
  ['a turn of direction', '\u202e'],
])('%s does not pass unseen', (_, character) => {
  const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
  expect(spellOut(`pay${character}5`)).toBe(`pay<U+${code}>5`)
})

test('scripts and signs stay as they are', () => {
  const text = 'שלום مرحبا 你好 naïve 👍 ❤\ufe0f ᠮᠣᠩᠭᠣᠯ'

  expect(spellOut(text)).toBe(text)
})
