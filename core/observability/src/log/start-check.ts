import { LoopError, type LoopStore } from '@loop-engine/core'

import { leafPages } from '../pages.ts'
import { isOfTenant, openCheckpoint } from './checkpoint.ts'
import { createFrontier } from './merkle.ts'
import type { NoteKey } from './note.ts'

export interface StartCheck {
  readonly ok: boolean
  /** `shorter`: an old backup was restored. `forked`: what was signed has been rewritten. `other_log`: the note is of another tenant. */
  readonly reason: 'shorter' | 'forked' | 'other_log' | null
  /** Entries that the checkpoint covers, and that the log has. */
  readonly rememberedSize: number
  readonly size: number
}

/**
 * Compares a store with a checkpoint that was kept elsewhere: whether the log still begins with what was signed.
 * Throws when the note itself is not to be trusted.
 */
export async function checkAgainst(
  store: LoopStore,
  tenant: string,
  note: string,
  keys: readonly NoteKey[],
): Promise<StartCheck> {
  const remembered = openCheckpoint(note, keys)
  const { size } = await store.logHead(tenant)
  const answer = (reason: StartCheck['reason']): StartCheck => ({
    ok: reason === null,
    reason,
    rememberedSize: remembered.size,
    size,
  })
  if (!isOfTenant(remembered, tenant)) return answer('other_log')
  if (size < remembered.size) return answer('shorter')
  const root = await rootAt(store, tenant, remembered.size)
  if (root === null) return answer('shorter')
  return answer(root === remembered.root ? null : 'forked')
}

/** The root of the first `size` leaves that the store has; null when it has fewer. */
export async function rootAt(
  store: LoopStore,
  tenant: string,
  size: number,
): Promise<string | null> {
  const frontier = createFrontier()
  for await (const page of leafPages(store, tenant, size)) {
    for (const { index, leafHash } of page) {
      const details = { index: frontier.size }
      if (index !== frontier.size)
        throw new LoopError('corrupt', 'A leaf of the log is missing.', { details })
      if (!/^[0-9a-f]{64}$/.test(leafHash))
        throw new LoopError('corrupt', 'A leaf of the log is no hash.', { details })
      frontier.append(leafHash)
    }
  }
  return frontier.size < size ? null : frontier.root()
}
