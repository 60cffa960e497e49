import type { LoopStore } from '@loop-engine/core'

import { isOfTenant, openCheckpoint } from './checkpoint.ts'
import type { NoteKey } from './note.ts'
import { rootAt } from './root-at.ts'

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
