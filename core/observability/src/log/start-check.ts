import type { KnownKeys, LoopStore } from '@loop-engine/core'

import { checkOptions } from '../check-options.ts'
import { isOfTenant, openCheckpoint } from './checkpoint.ts'
import type { NoteKey } from './note.ts'
import { rootAt } from './root-at.ts'

export interface StartCheck {
  readonly ok: boolean
  /** `shorter`: an old backup was restored. `forked`: what was signed was rewritten. `other_log`: the note is of another tenant. */
  readonly reason: 'shorter' | 'forked' | 'other_log' | null
  /** Entries that the checkpoint covers, and that the log has. */
  readonly rememberedSize: number
  readonly size: number
}

export interface CheckAgainstOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** The checkpoint that was kept elsewhere, and the keys that may have signed it. */
  readonly checkpoint: { readonly note: string; readonly keys: readonly NoteKey[] }
}

const optionKeys: KnownKeys<CheckAgainstOptions> = { store: true, tenant: true, checkpoint: true }

/**
 * Checks whether the log of a store still begins with what a checkpoint that was kept elsewhere has signed. Throws if the
 * note itself cannot be trusted.
 */
export async function checkAgainst(options: CheckAgainstOptions): Promise<StartCheck> {
  checkOptions('checkAgainst', options, optionKeys)
  const { store, tenant, checkpoint } = options
  const remembered = openCheckpoint(checkpoint.note, checkpoint.keys)
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
