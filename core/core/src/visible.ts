// Controls, format characters (bidirectional, zero-width, tags), separators, lone surrogates, blank letters, and what
// changes the character before it, but for the selector that makes a sign an emoji.
const invisible =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u2800]|[^\P{Default_Ignorable_Code_Point}\ufe0f]|(?<!\p{Extended_Pictographic})\ufe0f/gu

/** Text from outside with nothing taken away: every character that cannot be seen, or that moves others, is named. */
export function spellOut(text: string): string {
  return text.replaceAll(
    invisible,
    (character) =>
      `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`,
  )
}
