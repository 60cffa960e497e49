import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'

import { LoopError, refuseStrayKeys, type KnownKeys } from '@loop-engine/core'

import { verifierKeyOf, type NoteSigner } from './note.ts'

export interface NoteSignerOptions {
  /** How verifiers know the key; a domain and a path by custom, e.g. `example.com/loops`. */
  readonly name: string
  /** Ed25519, as a KeyObject or PEM. */
  readonly privateKey: KeyObject | string
  /** When the key may sign, epoch milliseconds, from inclusive, until exclusive. */
  readonly notBefore?: number
  readonly notAfter?: number
}

const optionKeys: KnownKeys<NoteSignerOptions> = {
  name: true,
  privateKey: true,
  notBefore: true,
  notAfter: true,
}

/** A signer that holds its key in this process. */
export function createNoteSigner(options: NoteSignerOptions): NoteSigner {
  // A key whose end is misspelt would have none.
  refuseStrayKeys(options, optionKeys, { what: 'createNoteSigner', code: 'invalid_config' })
  const { name, privateKey, notBefore, notAfter } = options
  const key = typeof privateKey === 'string' ? readPem(privateKey) : privateKey
  return {
    name,
    publicKey: verifierKeyOf(name, createPublicKey(key)),
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
    sign: (message) => sign(null, message, key),
  }
}

/** A new key pair: the private key as PEM, to keep secret; the public key in the C2SP form, to hand out. */
export function generateNoteSigner(name: string): {
  readonly name: string
  readonly privateKey: string
  readonly publicKey: string
  readonly signer: NoteSigner
} {
  const { privateKey } = generateKeyPairSync('ed25519')
  const signer = createNoteSigner({ name, privateKey })
  return {
    name,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: signer.publicKey,
    signer,
  }
}

function readPem(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new LoopError('invalid_config', 'The private key could not be read.', {
      path: '/privateKey',
      hint: 'Use an Ed25519 key in PKCS #8 PEM.',
      cause,
    })
  }
}
