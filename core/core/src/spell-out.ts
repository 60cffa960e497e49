// Controls, format characters (bidirectional, zero-width, tags), separators, lone surrogates, blank letters, and characters
// that change the one before them. The selector that makes a sign an emoji is allowed after such a sign.
const invisible =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2800]|[^\P{Default_Ignorable_Code_Point}\ufe0f]|(?<!\p{Extended_Pictographic})\ufe0f/gu

/** Text from outside, in which every character that is invisible, or moves others, is replaced by its name. */
export function spellOut(text: string): string {
  return text.replaceAll(invisible, (character) => `<${codePoint(character)}>`)
}

/** Replaces the spaces at either end of a text, or all of a text of spaces, by what `name` makes of them. */
export function spellOutEnds(
  text: string,
  name: (codePoint: string) => string = (point) => `<${point}>`,
): string {
  const named = (spaces: string): string =>
    spaces.replaceAll(/./gs, (space) => name(codePoint(space)))
  const inner = text.trim()
  if (inner === '') return named(text)
  const from = text.indexOf(inner)
  return named(text.slice(0, from)) + inner + named(text.slice(from + inner.length))
}

/** The name of a character in Unicode: `U+00A0`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
