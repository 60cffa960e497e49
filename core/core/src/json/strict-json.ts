import {
  isLongerThan,
  JsonFault,
  type JsonLimits,
  limitsOf,
  notJsonText,
  tooLarge,
  toLoopError,
} from './json-fault.ts'
import type { JsonValue } from './json.ts'
import { endOfString, hasEscapedKey } from './parse-json.ts'
import { isExact, readJson } from './read-json.ts'

/**
 * Parses JSON that means the same to every parser.
 *
 * Beyond what `JSON.parse` refuses, it refuses duplicate keys, numbers that a double cannot hold as they
 * are written, lone surrogates, `__proto__` as a key, and what exceeds the limits. It throws `invalid_json`
 * or `too_large`, with `path`, and with `line` and `column` in `details`.
 */
export function parseStrictJson(text: string, limits: JsonLimits = {}): JsonValue {
  const { maxBytes, maxDepth } = limitsOf(limits)
  if (typeof text !== 'string') throw toLoopError(new JsonFault(notJsonText))
  if (isLongerThan(text, maxBytes)) throw toLoopError(new JsonFault(tooLarge))
  // Two quick checks accept a text. One that fails either is read slowly, which tells what is wrong and where.
  const members = hasEscapedKey(text) ? -1 : countMembers(text, maxDepth)
  const value = members < 0 ? undefined : parseOrUndefined(text)
  const isRight = value !== undefined && countKeys(value, mayHideSurrogates(text)) === members
  return isRight ? value : readJson(text, maxDepth)
}

function parseOrUndefined(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Counts the members that the text spells, one a colon; -1 if depth or a number is not acceptable. */
function countMembers(text: string, maxDepth: number): number {
  let members = 0
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0x22) {
      index = endOfString(text, index + 1)
    } else if (unit === 0x3a) {
      members += 1
    } else if (unit === 0x7b || unit === 0x5b) {
      depth += 1
      if (depth > maxDepth) return -1
    } else if (unit === 0x7d || unit === 0x5d) {
      depth -= 1
    } else if (unit >= 0x30 && unit <= 0x39) {
      const end = endOfNumber(text, index)
      if (end < 0) return -1
      index = end - 1
    }
  }
  return members
}

/** The index after a number, or -1 if a double does not hold it. */
function endOfNumber(text: string, start: number): number {
  let index = start
  let hasExponent = false
  for (; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0x65 || unit === 0x45) hasExponent = true
    else if (!(unit >= 0x30 && unit <= 0x39) && unit !== 0x2e && unit !== 0x2b && unit !== 0x2d)
      break
  }
  // Every decimal of up to 15 digits survives the way through a double.
  const isSafe = index - start <= 15 && !hasExponent
  return isSafe || isExact(text.slice(start, index)) ? index : -1
}

/** In a well-formed text only an escape can spell a lone surrogate. */
function mayHideSurrogates(text: string): boolean {
  return !text.isWellFormed() || text.includes('\\ud') || text.includes('\\uD')
}

/** Counts the keys that the parser kept: fewer than the text spells if a key came twice; NaN if a key or string is bad. */
function countKeys(value: JsonValue, checkStrings: boolean): number {
  if (typeof value === 'string') return checkStrings && !value.isWellFormed() ? Number.NaN : 0
  if (typeof value !== 'object' || value === null) return 0
  let keys = 0
  if (Array.isArray(value)) {
    for (const item of value) keys += countKeys(item, checkStrings)
    return keys
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === '__proto__' || (checkStrings && !key.isWellFormed())) return Number.NaN
    keys += 1 + countKeys(item, checkStrings)
  }
  return keys
}
