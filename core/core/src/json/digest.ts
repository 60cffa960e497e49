import { hash } from 'node:crypto'

import { canonicalize } from './canonical.ts'

/** SHA-256 as 64 lowercase hexadecimal digits; a string is hashed as UTF-8. */
export function sha256Hex(text: string | Uint8Array): string {
  // One shot is half again as fast as `createHash`.
  return hash('sha256', text, 'hex')
}

/** The digest of JSON data, whatever the order of its keys. */
export function digestOf(value: unknown): string {
  return sha256Hex(canonicalize(value))
}

/** A digest that reveals nothing once its salt is deleted, not even to someone who guesses the text. */
export function saltedDigest(salt: string, canonicalText: string): string {
  return sha256Hex(`${salt}\n${canonicalText}`)
}
