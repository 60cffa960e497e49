import type { JsonValue } from '@loop-engine/core'

// What cannot be seen or moves others, and the two characters that begin markup where PagerDuty forwards to.
const unsafe = /[<>\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu

/** A value as JSON on one line, of the same value, in which nothing is hidden and no markup can begin. */
export function dataText(value: JsonValue, most: number): string {
  return plainText(JSON.stringify(value), most)
}

/** A text of somebody else on one line of ours, at most `most` UTF-16 units long. */
export function plainText(text: string, most: number): string {
  // Escaping only makes it longer, so what is beyond need not be looked at.
  const isLong = text.length > most
  const escaped = escape(isLong ? text.slice(0, most) : text)
  return isLong || escaped.length > most ? shorten(escaped, most, text.length) : escaped
}

/** At most `most` UTF-16 units; what was cut says so. */
export function cut(text: string, most: number): string {
  return text.length > most ? shorten(text, most, text.length) : text
}

function shorten(text: string, most: number, length: number): string {
  const mark = ` …[cut, ${length} characters]`
  // Never through the middle of a character.
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
