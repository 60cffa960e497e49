import { codePoint, spellOutEnds } from '@loop-engine/core'

/** What a reader cannot see or what reorders text: controls, bidi, zero-width, tags, blanks, unassigned, lone surrogates. */
const hidden = /[\p{C}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\u2800]/gu

/** The text with every invisible or reordering character written out as its code point. */
export function visible(text: string): string {
  return text.replaceAll(hidden, (character) =>
    character === '\n' || character === '\t' ? character : written(character),
  )
}

/** Spaces at either end of a text, which nobody sees, written out. */
export function withEnds(text: string): string {
  return spellOutEnds(text, inBrackets)
}

/** The same, on one line: a line break in an identifier must not look like a line of ours. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll(/[\n\t]/g, written)
}

/** Slack reads these three as markup, also as `<!channel>` and `<url|label>`. */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

export interface Fitted {
  /** Escaped, and at most `limit` bytes. */
  readonly text: string
  readonly isCut: boolean
}

/**
 * Escapes a text and cuts it to `limit` bytes, at a character, with a mark that says how much is shown.
 * Bytes are those of escaped text inside JSON in UTF-8, which is never less than what Slack counts.
 */
export function fit(text: string, limit: number): Fitted {
  const whole = escapeMarkup(text)
  // A character takes at most 12 bytes; most texts need no exact weighing.
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

/** Bytes of a string inside JSON, without its quotes. */
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
