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

/** Which of these keys signed an export. Throws if none signed its log, or if entries outside the log have no seal. */
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

/** A seal has no time of its own: it counts if a key made it that belongs to this log and was valid at the checkpoint. */
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
