import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto'

import { canonicalize, LoopError, snapshot, parseJson } from '@loop-engine/core'

/** An AES-256 key that every process of a system knows, and Temporal does not. */
export interface HistoryKey {
  /** Letters, digits, `_` and `-`. */
  readonly keyId: string
  /** Secret, 32 bytes: `createSecretKey(bytes)`. */
  readonly key: KeyObject
}

/** Encrypts values that pass through a history, and recognises them when they come back. */
export interface HistorySeal {
  /** Whether a value that opens must come from a process that has the key. */
  readonly proves: boolean
  /** What the history holds in place of the value. It opens only with the same `about`. */
  seal(value: object, about: readonly string[]): unknown
  /** Throws `auth` for a value that no key of this system sealed, or that was sealed with another `about`. */
  open(sealed: unknown, about: readonly string[]): unknown
  /** A keyed hash: equal for equal values, and tells nothing about them without the key. */
  tag(value: object): string
}

interface Keys {
  readonly keyId: string
  readonly cipher: Uint8Array
  readonly tags: Uint8Array
}

const ivBytes = 12
const tagBytes = 16

/**
 * The first key seals, and all keys open. With `clear` histories hold values unencrypted, and values of anybody are
 * accepted. Throws `invalid_config` for keys that are missing, malformed or share an id.
 */
export function createHistorySeal(keys: readonly HistoryKey[] | 'clear'): HistorySeal {
  if (keys === 'clear')
    return {
      proves: false,
      seal: (value) => value,
      open: (value) => value,
      tag: (value) => tagOf('', value),
    }
  const known = new Map(keys.map((key) => [key.keyId, derive(key)]))
  const [first] = known.values()
  if (!first || known.size < keys.length)
    throw refuse('There is no history key, or two of them have the same keyId.')
  return {
    proves: true,
    seal(value, about) {
      const iv = randomBytes(ivBytes)
      const cipher = createCipheriv('aes-256-gcm', first.cipher, iv)
      cipher.setAAD(Buffer.from(canonicalize([first.keyId, ...about])))
      const sealed = [iv, cipher.update(JSON.stringify(value)), cipher.final(), cipher.getAuthTag()]
      return `v1.${first.keyId}.${Buffer.concat(sealed).toString('base64url')}`
    },
    open(sealed, about) {
      const [version, keyId = '', text = ''] = typeof sealed === 'string' ? sealed.split('.') : []
      const key = known.get(keyId)
      if (version !== 'v1' || !key) throw unsealed()
      const bytes = Buffer.from(text, 'base64url')
      if (bytes.length < ivBytes + tagBytes) throw unsealed()
      const cipher = createDecipheriv('aes-256-gcm', key.cipher, bytes.subarray(0, ivBytes), {
        authTagLength: tagBytes,
      })
      cipher.setAAD(Buffer.from(canonicalize([keyId, ...about])))
      cipher.setAuthTag(bytes.subarray(-tagBytes))
      try {
        const body = cipher.update(bytes.subarray(ivBytes, -tagBytes))
        return parseJson(Buffer.concat([body, cipher.final()]).toString())
      } catch {
        throw unsealed()
      }
    },
    tag: (value) => tagOf(first.tags, value),
  }
}

function tagOf(key: Uint8Array | string, value: object): string {
  return createHmac('sha256', key)
    .update(canonicalize(snapshot(value)))
    .digest('hex')
}

/** Derives a separate key for each purpose. */
function derive({ keyId, key }: HistoryKey): Keys {
  if (!/^[\w-]{1,64}$/.test(keyId) || key.type !== 'secret' || key.symmetricKeySize !== 32)
    throw refuse('A history key needs 32 secret bytes, and a keyId of letters, digits, _ and -.')
  const part = (purpose: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', key, '', `loop-engine temporal ${purpose}`, 32))
  return { keyId, cipher: part('cipher'), tags: part('tags') }
}

function refuse(message: string): LoopError {
  return new LoopError('invalid_config', message, { path: '/historyKeys', plugin: 'temporal' })
}

function unsealed(): LoopError {
  return new LoopError('auth', 'A value from Temporal was not sealed by this system.', {
    plugin: 'temporal',
    hint: 'Give every process the same historyKeys. Add a new key last, until every process has it.',
  })
}
