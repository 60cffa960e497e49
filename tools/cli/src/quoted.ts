import { plain } from './output.ts'

/** As one word of a shell. */
export function quoted(word: string): string {
  return /^[\w:.@/-]+$/.test(word) ? word : `'${plain(word).replaceAll("'", `'\\''`)}'`
}
