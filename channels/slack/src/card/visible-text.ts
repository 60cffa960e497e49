import { codePoint, spellOutEnds } from '@loop-engine/core'

/**
 * Characters that a reader cannot see or that reorder text: controls, bidirectional marks, zero-width characters, tags,
 * blanks, unassigned code points and lone surrogates.
 */
const hidden = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/gu

/** The text with every invisible or reordering character written out as its code point. */
export function visible(text: string): string {
  return text.replaceAll(hidden, (character) =>
    character === '\n' || character === '\t' ? character : written(character),
  )
}

/** The text with the spaces at its ends, which nobody would see, written out. */
export function withEnds(text: string): string {
  return spellOutEnds(text, inBrackets)
}

/** Like `visible`, on one line: a line break in an id must not begin what looks like another line of the card. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll(/[\n\t]/g, written)
}

/** Escapes the three characters of Slack's markup, such as `<!channel>` and `<url|label>`. */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export interface Fitted {
  /** Escaped, and at most `limit` bytes. */
  readonly text: string
  readonly isCut: boolean
}

/**
 * Escapes a text and cuts it to `limit` bytes between two characters, with a mark that says how much is shown. Counts the
 * bytes of the escaped text inside JSON in UTF-8, which are never fewer than what Slack counts.
 */
export function fit(text: string, limit: number): Fitted {
  const whole = escapeMarkup(text)
  // Most texts fit whole, and need no count by character.
  if (weigh(whole) <= limit) return { text: whole, isCut: false }
  const characters = Array.from(text)
  let room = limit - weigh(mark(characters.length, characters.length))
  let shown = 0
  let kept = ''
  for (const character of characters) {
    const escaped = escapeMarkup(character)
    room -= weigh(escaped)
    if (room < 0) break
    kept += escaped
    shown++
  }
  return { text: kept + mark(shown, characters.length), isCut: true }
}

/** The bytes of a string inside JSON, without its quotes. */
export function weigh(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2
}

const mark = (shown: number, of: number): string => ` … ⟨cut: ${shown} of ${of} characters shown⟩`

function written(character: string): string {
  return inBrackets(codePoint(character))
}

function inBrackets(point: string): string {
  return `⟨${point}⟩`
}
