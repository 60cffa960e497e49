import { randomBytes, timingSafeEqual } from 'node:crypto'

import { sha256Hex } from '@loop-engine/core'

const letters = 'abcdefghijkmnpqrstuvwxyz23456789'

/** 256 random bits, safe in a header, a cookie and a URL. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** A short public id: twelve random letters and digits. */
export function newPublicId(): string {
  return [...randomBytes(12)].map((byte) => letters[byte % letters.length]).join('')
}

/** The SHA-256 of a secret. A secret of 256 random bits cannot be guessed, so it needs no salt and no slow hash. */
export function digestOfSecret(secret: string): string {
  return sha256Hex(secret)
}

/** Compares two hex digests in constant time. */
export function sameDigest(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')]
  return a.length === b.length && timingSafeEqual(a, b)
}
