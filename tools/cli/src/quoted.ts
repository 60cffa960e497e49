import { plain } from './output.ts'

/** The word, quoted for a shell where that is necessary. */
export function quoted(word: string): string {
  return /^[\w:.@/-]+$/.test(word) ? word : `'${plain(word).replaceAll("'", `'\\''`)}'`
}
