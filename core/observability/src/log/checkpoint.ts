import { LoopError } from '@loop-engine/core'

import { openNote, signNote, type NoteKey, type NoteSigner } from './note.ts'

/** A signed head of a log, in the format of C2SP tlog-checkpoint, with one extension line: `at <epoch ms>`. */
export interface Checkpoint {
  /** Names the log; no two logs share it. */
  readonly origin: string
  /** Leaves. */
  readonly size: number
  /** Hex. */
  readonly root: string
  /** When the signer says that it signed, epoch milliseconds; null when the note does not tell. */
  readonly at: number | null
}

export type SignedCheckpoint = Checkpoint & {
  /** Names of the keys. */
  readonly signedBy: readonly string[]
}

export function originOf(name: string, tenant: string): string {
  return `${name}/${encodeURIComponent(tenant)}`
}

export async function signCheckpoint(
  { origin, size, root, at }: Checkpoint,
  signer: NoteSigner,
): Promise<string> {
  const time = at === null ? '' : `at ${at}\n`
  return signNote(`${origin}\n${size}\n${Buffer.from(root, 'hex').toString('base64')}\n${time}`, [
    signer,
  ])
}

/**
 * Reads a checkpoint that at least one of the keys signed while it was valid. Throws `refused` when none did, or when
 * a signature of a known key does not verify; `invalid_input` for what is no checkpoint.
 */
export function openCheckpoint(note: string, keys: readonly NoteKey[]): SignedCheckpoint {
  const { text, signedBy } = openNote(note, keys)
  const checkpoint = parseCheckpoint(text)
  const { at } = checkpoint
  const valid = signedBy.filter((key) => isValidAt(key, at))
  if (valid.length > 0) return { ...checkpoint, signedBy: valid.map(({ name }) => name) }
  throw new LoopError(
    'refused',
    signedBy.length > 0
      ? 'The checkpoint was signed by a key outside the time of its validity.'
      : 'No known key signed the checkpoint, each under its own name.',
    {
      details: { reason: signedBy.length > 0 ? 'key_not_valid' : 'unknown_key' },
      hint: 'Give the keys that were valid when the checkpoint was made.',
    },
  )
}

/** Whether a checkpoint is of this tenant's log, and not of another log of the same signers. */
export function isOfTenant({ origin, signedBy }: SignedCheckpoint, tenant: string): boolean {
  return signedBy.some((name) => originOf(name, tenant) === origin)
}

/** Whether a checkpoint says of the tenant's log that this is its head. */
export function vouchesFor(
  checkpoint: SignedCheckpoint,
  tenant: string,
  { size, root }: Pick<Checkpoint, 'size' | 'root'>,
): boolean {
  return checkpoint.size === size && checkpoint.root === root && isOfTenant(checkpoint, tenant)
}

/** Whether a key may sign at this time. A key with an end cannot vouch for a note that does not say when it was made. */
export function isValidAt(
  { notBefore, notAfter }: Pick<NoteKey, 'notBefore' | 'notAfter'>,
  at: number | null,
): boolean {
  if (at === null) return notBefore === undefined && notAfter === undefined
  return at >= (notBefore ?? -Infinity) && at < (notAfter ?? Infinity)
}

/** Throws `refused` for a key that is not valid at this time. */
export function refuseInvalid(signer: NoteSigner, at: number): void {
  if (isValidAt(signer, at)) return
  throw new LoopError('refused', 'The key may not sign at this time.', {
    details: { reason: 'key_not_valid' },
    hint: 'Sign with the key that is valid now.',
  })
}

function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n')
  const size = Number(sizeText)
  const root = Buffer.from(rootText, 'base64')
  const wellFormed =
    origin !== '' &&
    /^(0|[1-9]\d{0,15})$/.test(sizeText) &&
    Number.isSafeInteger(size) &&
    root.length === 32 &&
    root.toString('base64') === rootText &&
    !extensions.includes('')
  if (!wellFormed)
    throw new LoopError('invalid_input', 'This is not a checkpoint of a log.', {
      details: { reason: 'malformed_checkpoint' },
    })
  const time = extensions
    .map((line) => /^at (\d{1,15})$/.exec(line)?.[1])
    .find((digits) => digits !== undefined)
  return { origin, size, root: root.toString('hex'), at: time === undefined ? null : Number(time) }
}
