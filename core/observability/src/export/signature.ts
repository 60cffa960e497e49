import { isLoopError } from '@loop-engine/core'

import {
  isValidAt,
  openCheckpoint,
  originOf,
  vouchesFor,
  type Checkpoint,
} from '../log/checkpoint.ts'
import { openNote, type NoteKey } from '../log/note.ts'
import { bad } from './bad-line.ts'
import { sealText } from './format.ts'
import type { ExportEnd } from './schemas.ts'
import type { ExportReport } from './verify-export.ts'

export type Signature = Pick<ExportReport, 'signedBy' | 'sealed'>

/** Who signed an export, of these keys. Throws when none of them signed its log, or nobody what is in no log. */
export function signatureOf(
  { checkpoint, seal, size, root, digest }: ExportEnd,
  { tenant, unlogged, keys }: { tenant: string; unlogged: number; keys: readonly NoteKey[] },
): Signature {
  if (checkpoint === null) throw bad('bad_signature', 'The export has no signed checkpoint.')
  try {
    const opened = openCheckpoint(checkpoint, keys)
    if (!vouchesFor(opened, tenant, { size, root }))
      throw bad('bad_signature', 'The checkpoint is not of this log.')
    if (seal !== null && !isSeal(seal, sealText(tenant, digest), opened, tenant, keys))
      throw bad('bad_signature', 'The seal is not of this export.')
    // The checkpoint vouches for what is in the log, the seal for all lines.
    if (seal === null && unlogged > 0)
      throw bad('bad_signature', `Nobody signed for ${unlogged} entries that are in no log.`)
    return { signedBy: opened.signedBy, sealed: seal !== null }
  } catch (error) {
    if (!isLoopError(error)) throw error
    throw bad('bad_signature', error.message, { cause: error })
  }
}

/** A seal tells no time: it counts if a key of this log made it, which was valid when the checkpoint was made. */
function isSeal(
  seal: string,
  expected: string,
  { origin, at }: Checkpoint,
  tenant: string,
  keys: readonly NoteKey[],
): boolean {
  const { text, signedBy } = openNote(seal, keys)
  return (
    text === expected &&
    signedBy.some((by) => isValidAt(by, at) && originOf(by.name, tenant) === origin)
  )
}
