// Controls, format characters (bidirectional, zero-width, tags), separators, lone surrogates, blank letters, and what
// changes the character before it, but for the selector that makes a sign an emoji.
const invisible =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2800]|[^\P{Default_Ignorable_Code_Point}\ufe0f]|(?<!\p{Extended_Pictographic})\ufe0f/gu

/** Text from outside with nothing taken away: every character that cannot be seen, or that moves others, is named. */
export function spellOut(text: string): string {
  return text.replaceAll(invisible, (character) => `<${codePoint(character)}>`)
}

/** Spaces at either end of a text, which nobody sees, named as `name` says; all of a text that is nothing else. */
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

/** As Unicode names it: `U+00A0`. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
