import { readFileSync } from 'node:fs'

/** The version of this package, which all packages share. */
export function readVersion(): string {
  // The path is the same from `src` and from `dist`.
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string } // our own file
  return version
}
