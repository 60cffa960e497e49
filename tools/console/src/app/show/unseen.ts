import { codePoint } from '@loop-engine/core'

/** Text cut where something in it cannot be seen as it is. */
export type Part =
  | { readonly seen: true; readonly text: string }
  | { readonly seen: false; readonly name: string }

// Controls other than tab and line feed, format characters (bidirectional, zero-width, tags), separators, lone
// surrogates, letters and spaces that show nothing or pass for another, and what changes the character before it.
const unseen =
  /[^\P{Cc}\t\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u2800]|[^\P{Default_Ignorable_Code_Point}\ufe0f]|(?<!\p{Extended_Pictographic})\u{fe0f}|[^\P{Zs} ]/gu

const names: Readonly<Record<number, string>> = {
  0x09: 'tab',
  0x0a: 'line feed',
  0x0d: 'carriage return',
  0x20: 'space',
  0xa0: 'no-break space',
  0xad: 'soft hyphen',
  0x061c: 'Arabic letter mark',
  0x200b: 'zero-width space',
  0x200c: 'zero-width non-joiner',
  0x200d: 'zero-width joiner',
  0x200e: 'left-to-right mark',
  0x200f: 'right-to-left mark',
  0x202a: 'left-to-right embedding',
  0x202b: 'right-to-left embedding',
  0x202c: 'pop direction',
  0x202d: 'left-to-right override',
  0x202e: 'right-to-left override',
  0x2066: 'left-to-right isolate',
  0x2067: 'right-to-left isolate',
  0x2068: 'first strong isolate',
  0x2069: 'pop isolate',
  0xfeff: 'byte order mark',
}

/**
 * Cuts a text at every character that is invisible or turns the direction of writing, or is a space at either end, which
 * nobody sees. Nothing is lost.
 */
export function partsOf(text: string): readonly Part[] {
  let [start, end] = [0, text.length]
  while (isSpace(text, start)) start += 1
  while (end > start && isSpace(text, end - 1)) end -= 1
  return [
    ...partsOfSpaces(text.slice(0, start)),
    ...partsWithin(text.slice(start, end)),
    ...partsOfSpaces(text.slice(end)),
  ]
}

/** Whether a character would not be seen at the end of a text. */
export function isSpace(text: string, index: number): boolean {
  return /[ \t\n]/.test(text.charAt(index))
}

function partsOfSpaces(spaces: string): readonly Part[] {
  return Array.from(spaces.matchAll(/(.)\1*/gs), ([all, one = '']) => ({
    seen: false,
    name: all.length === 1 ? nameOf(one) : `${all.length} × ${nameOf(one)}`,
  }))
}

function partsWithin(text: string): readonly Part[] {
  const parts: Part[] = []
  let from = 0
  for (const { 0: character, index } of text.matchAll(unseen)) {
    if (index > from) parts.push({ seen: true, text: text.slice(from, index) })
    parts.push({ seen: false, name: nameOf(character) })
    from = index + character.length
  }
  if (from < text.length) parts.push({ seen: true, text: text.slice(from) })
  return parts
}

/** The same as one string, for titles and labels. */
export function spellOut(text: string): string {
  return partsOf(text)
    .map((part) => (part.seen ? part.text : `[${part.name}]`))
    .join('')
}

function nameOf(character: string): string {
  const point = character.codePointAt(0) ?? 0
  const code = codePoint(character)
  const tag =
    point >= 0xe0020 && point <= 0xe007e ? `tag ${String.fromCharCode(point - 0xe0000)}` : ''
  const name = names[point] ?? tag
  return name === '' ? code : `${code} ${name}`
}
