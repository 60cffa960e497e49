import type { JsonValue } from '@loop-engine/core'

// Characters that are invisible or reorder text, and the two that begin markup where PagerDuty forwards notes to.
const unsafe = /[<>\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** A value as JSON on one line. Invisible characters and those of markup are escaped, so that it still reads back the same. */
export function dataText(value: JsonValue, most: number): string {
  return plainText(JSON.stringify(value), most)
}

/** A text from outside on one line, at most `most` UTF-16 units long. */
export function plainText(text: string, most: number): string {
  // Escaping only makes a text longer, so the part beyond the limit need not be escaped.
  const isLong = text.length > most
  const escaped = escape(isLong ? text.slice(0, most) : text)
  return isLong || escaped.length > most ? shorten(escaped, most, text.length) : escaped
}

/** The text in at most `most` UTF-16 units, with a mark if it was cut. */
export function cut(text: string, most: number): string {
  return text.length > most ? shorten(text, most, text.length) : text
}

function shorten(text: string, most: number, length: number): string {
  const mark = ` …[cut, ${length} characters]`
  // Never cuts through the middle of a character.
  return text.slice(0, Math.max(0, most - mark.length)).replace(/[\ud800-\udbff]$/, '') + mark
}

function escape(text: string): string {
  return text.replaceAll(unsafe, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}
