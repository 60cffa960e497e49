import { hkdfSync } from 'node:crypto'

import { LoopError } from '../../errors.ts'

export interface PageKey {
  /** Names the key inside a link, so that the right one opens it. */
  readonly id: string
  readonly bytes: Uint8Array
}

/**
 * Derives a key for one purpose from each secret, by HKDF (RFC 5869): the key of a link cannot check a code, nor the
 * reverse. The first key makes links and codes; all of them open links.
 */
export function deriveKeys(
  secrets: readonly string[],
  purpose: string,
): readonly [PageKey, ...PageKey[]] {
  const given: readonly unknown[] = Array.isArray(secrets) ? secrets : []
  const [newest, ...older] = given.map((text) => {
    if (typeof text !== 'string' || Buffer.byteLength(text) < 32)
      throw new LoopError('invalid_config', 'A secret of decision links is missing or too short.', {
        path: '/secrets',
        hint: 'Use at least 32 bytes of randomness, such as `openssl rand -base64 32` prints.',
      })
    const derive = (part: string, length: number): Uint8Array =>
      new Uint8Array(hkdfSync('sha256', text, '', `loop-engine/${purpose}/${part}`, length))
    return { id: Buffer.from(derive('id', 6)).toString('base64url'), bytes: derive('key', 32) }
  })
  if (newest) return [newest, ...older]
  throw new LoopError('invalid_config', 'Decision links need a list of secrets.', {
    path: '/secrets',
  })
}
