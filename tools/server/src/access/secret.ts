import { randomBytes, timingSafeEqual } from 'node:crypto'

import { sha256Hex } from '@loop-engine/core'

const letters = 'abcdefghijkmnpqrstuvwxyz23456789'

/** 256 random bits, safe in a header, a cookie and a URL. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** A short public name that is not guessed by accident. */
export function newPublicId(): string {
  return [...randomBytes(12)].map((byte) => letters[byte % letters.length]).join('')
}

/** Secrets of 256 random bits need no salt and no slow hash: there is nothing to guess. */
export function digestOfSecret(secret: string): string {
  return sha256Hex(secret)
}

/** Takes as long whatever differs. Both are hex digests, so of equal length. */
export function sameDigest(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one, 'hex'), Buffer.from(other, 'hex')]
  return a.length === b.length && timingSafeEqual(a, b)
}
