import { deepest } from './json-fault.ts'
import { readJson } from './read-json.ts'

/**
 * Parses JSON that Loop Engine wrote, as `JSON.parse` should. From V8 12.8 on `JSON.parse` may return a wrong key for one
 * that is written with an escape, if it parsed an object with similar keys before (nodejs/node#63785).
 */
export function parseJson(text: string): unknown {
  return hasEscapedKey(text) ? readJson(text, deepest) : JSON.parse(text)
}

/** Whether a key of a JSON text is written with an escape. */
export function hasEscapedKey(text: string): boolean {
  for (let at = text.indexOf('\\'); at !== -1; at = text.indexOf('\\', at)) {
    at = endOfString(text, at) + 1
    while (isSpace(text.charCodeAt(at))) at += 1
    if (text.charAt(at) === ':') return true
  }
  return false
}

/** The index of the quote that closes the string in which `from` lies, or of the end of the text. */
export function endOfString(text: string, from: number): number {
  let index = from
  for (; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0x22) break
    if (unit === 0x5c) index += 1
  }
  return index
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09
}
