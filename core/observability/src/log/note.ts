import { createPublicKey, hash, type KeyObject, verify } from 'node:crypto'

import { LoopError } from '@loop-engine/core'

/** Signed notes as C2SP specifies them (signed-note): text, an empty line, one line for each signature. */

/** A key that verifiers know, and when it may sign. */
export interface NoteKey {
  readonly name: string
  /** A C2SP verifier key (`name+id+base64`), PEM, or a KeyObject; Ed25519. */
  readonly publicKey: string | KeyObject
  /** Epoch milliseconds, inclusive. */
  readonly notBefore?: number
  /** Epoch milliseconds, exclusive: when the key was retired or revoked. */
  readonly notAfter?: number
}

/** Whatever holds a private key: memory, another process, a key service. */
export interface NoteSigner {
  readonly name: string
  /** The C2SP verifier key, to hand to verifiers. */
  readonly publicKey: string
  /** As in `NoteKey`. */
  readonly notBefore?: number
  readonly notAfter?: number
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

export interface OpenedNote {
  readonly text: string
  /** The keys that signed it, of those that were given. */
  readonly signedBy: readonly NoteKey[]
}

const algorithm = 1
const maxSignatures = 100
const maxLength = 1_000_000
const spki = Buffer.from('302a300506032b6570032100', 'hex')

/** The C2SP form of a public key. */
export function verifierKeyOf(name: string, key: KeyObject): string {
  const raw = rawOf(key)
  return `${checkName(name)}+${keyIdOf(name, raw)}+${Buffer.concat([Buffer.from([algorithm]), raw]).toString('base64')}`
}

export async function signNote(text: string, signers: readonly NoteSigner[]): Promise<string> {
  if (!isNoteText(text))
    throw new LoopError(
      'invalid_input',
      'The text of a note ends with a line break and has no controls.',
    )
  const lines = await Promise.all(
    signers.map(async (signer) => {
      const { name, keyId } = readKey(signer)
      const signature = await signer.sign(Buffer.from(text))
      return `— ${name} ${Buffer.concat([Buffer.from(keyId, 'hex'), signature]).toString('base64')}\n`
    }),
  )
  return `${text}\n${lines.join('')}`
}

/**
 * Reads a note and says which of these keys signed it. Signatures of unknown keys are ignored; a known key whose
 * signature does not verify makes the note worthless: `refused`. Malformed notes are `invalid_input`.
 */
export function openNote(note: string, keys: readonly NoteKey[]): OpenedNote {
  const { text, signatures } = splitNote(note)
  const known = keys.map((key) => ({ key, ...readKey(key) }))
  const message = Buffer.from(text)
  const signedBy = new Set<NoteKey>()
  for (const { name, keyId, signature } of signatures) {
    const matches = known.filter(
      (candidate) => candidate.name === name && candidate.keyId === keyId,
    )
    for (const { key, object } of matches) {
      if (!verify(null, message, object, signature)) {
        throw new LoopError('refused', 'A signature of a known key does not verify.', {
          details: { reason: 'bad_signature', key: name },
        })
      }
      signedBy.add(key)
    }
  }
  return { text, signedBy: [...signedBy] }
}

interface Signature {
  readonly name: string
  readonly keyId: string
  readonly signature: Uint8Array
}

function splitNote(note: string): { text: string; signatures: readonly Signature[] } {
  const end = note.lastIndexOf('\n\n')
  if (note.length > maxLength || end === -1 || !note.endsWith('\n')) throw malformed()
  const text = note.slice(0, end + 1)
  const lines = note.slice(end + 2, -1).split('\n')
  if (!isNoteText(text) || lines.length > maxSignatures) throw malformed()
  return { text, signatures: lines.map(readSignature) }
}

function readSignature(line: string): Signature {
  const [, name, encoded] = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u.exec(line) ?? []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  // Only one spelling of a signature is accepted.
  if (name === undefined || bytes.length < 5 || bytes.toString('base64') !== encoded)
    throw malformed()
  return { name, keyId: bytes.toString('hex', 0, 4), signature: bytes.subarray(4) }
}

function isNoteText(text: string): boolean {
  return (
    text.endsWith('\n') && text.isWellFormed() && !/[\u0000-\u0009\u000b-\u001f\u007f]/.test(text)
  )
}

/** Throws `invalid_config` for what is no key. */
export function readKey({ name, publicKey }: Pick<NoteKey, 'name' | 'publicKey'>): {
  name: string
  keyId: string
  object: KeyObject
} {
  checkName(name)
  const object = typeof publicKey === 'string' ? parseKey(name, publicKey) : publicKey
  return { name, keyId: keyIdOf(name, rawOf(object)), object }
}

function parseKey(name: string, text: string): KeyObject {
  if (text.startsWith('-----')) return publicKeyFrom(() => createPublicKey(text))
  const [, written, keyId, encoded] =
    /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/u.exec(text.trim()) ?? []
  const bytes = Buffer.from(encoded ?? '', 'base64')
  const raw = bytes.subarray(1)
  if (
    written !== name ||
    bytes.length !== 33 ||
    bytes[0] !== algorithm ||
    keyIdOf(name, raw) !== keyId
  ) {
    throw new LoopError('invalid_config', 'A verifier key does not fit its name and id.', {
      hint: 'Copy the whole line name+id+base64.',
    })
  }
  return publicKeyFrom(() =>
    createPublicKey({ key: Buffer.concat([spki, raw]), format: 'der', type: 'spki' }),
  )
}

function publicKeyFrom(read: () => KeyObject): KeyObject {
  try {
    return read()
  } catch (cause) {
    throw new LoopError('invalid_config', 'A public key could not be read.', {
      hint: 'Use Ed25519, as PEM or as a C2SP verifier key.',
      cause,
    })
  }
}

function rawOf(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new LoopError('invalid_config', 'Only Ed25519 keys sign and verify notes.')
  return key.export({ type: 'spki', format: 'der' }).subarray(spki.length)
}

/** SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), its first four bytes in hex. */
function keyIdOf(name: string, publicKey: Uint8Array): string {
  return hash(
    'sha256',
    Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([algorithm]), publicKey]),
    'hex',
  ).slice(0, 8)
}

function checkName(name: string): string {
  if (/^[^\s+\p{Cc}]+$/u.test(name)) return name
  throw new LoopError('invalid_config', 'The name of a key has neither spaces nor a plus sign.', {
    path: '/name',
  })
}

function malformed(): LoopError {
  return new LoopError('invalid_input', 'This is not a signed note.', {
    details: { reason: 'malformed_note' },
    hint: 'Keep a note byte for byte: its line breaks are \\n, and its last signature ends with one.',
  })
}
