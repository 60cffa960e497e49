import { createHmac, timingSafeEqual } from 'node:crypto'

import { canonicalize } from '../../json/canonical.ts'
import type { JsonValue } from '../../json/json.ts'
import { deriveKeys, type PageKey } from './derive-keys.ts'

/** Codes that people type. A code is derived from a key and from what it confirms, so that none has to be stored. */
export interface OneTimeCodes {
  /** Eight letters and digits, 40 bits, such as `7Q2M-XK4D`; the same for the same content. */
  codeFor(content: JsonValue): string
  /** In constant time. Case, spaces and dashes do not matter, nor 0 for O and 1 for I or L. */
  matches(typed: string, content: JsonValue): boolean
}

export interface OneTimeCodesOptions {
  readonly secrets: readonly string[]
  /** Keeps the codes of two uses apart, such as `note` and `page`. */
  readonly purpose: string
}

// Crockford's alphabet: nothing in it is mistaken for another when it is read aloud.
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const length = 8

export function createOneTimeCodes({ secrets, purpose }: OneTimeCodesOptions): OneTimeCodes {
  const keys = deriveKeys(secrets, `one-time-code/${purpose}`)
  const plain = ({ bytes }: PageKey, content: JsonValue): string =>
    [...createHmac('sha256', bytes).update(canonicalize(content)).digest().subarray(0, length)]
      .map((byte) => alphabet[byte % alphabet.length])
      .join('')
  return {
    codeFor(content) {
      const code = plain(keys[0], content)
      return `${code.slice(0, 4)}-${code.slice(4)}`
    },
    matches(typed, content) {
      const given = Buffer.from(normalised(typed))
      return keys
        .map((key) => Buffer.from(plain(key, content)))
        .map((right) => given.length === right.length && timingSafeEqual(given, right))
        .includes(true)
    },
  }
}

function normalised(typed: string): string {
  return typed.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}
