import {
  LoopError,
  systemClock,
  type Clock,
  type KnownKeys,
  type LogHead,
  type LoopStore,
  type RetentionReport,
} from '@loop-engine/core'

import { checkKeys, checkOptions } from '../check-options.ts'
import { openCheckpoint, vouchesFor } from './checkpoint.ts'
import { createLog } from './log.ts'
import type { NoteKey, NoteSigner } from './note.ts'
import { rootAt } from './root-at.ts'

export interface RetainOptions {
  readonly store: LoopStore
  readonly tenant: string
  /** Epoch milliseconds: drops the entries of closed runs whose newest entry is older than this. */
  readonly before: number
  readonly dryRun?: boolean
  /** Brings the log up to date and signs its head first, so that no entry has to stay because it is unsigned. */
  readonly signer?: NoteSigner
  /** With keys, the log as it stands must be signed by one of them; an empty list is refused. */
  readonly keys?: readonly NoteKey[]
  readonly clock?: Pick<Clock, 'now'>
}

const optionKeys: KnownKeys<RetainOptions> = {
  store: true,
  tenant: true,
  before: true,
  dryRun: true,
  signer: true,
  keys: true,
  clock: true,
}

/**
 * Drops a tenant's old entries and keeps their leaves. Drops nothing, and throws, for a store without retention
 * (`unsupported`), for a log whose leaves do not have the root of its head (`corrupt`), and if none of the keys signed the
 * log as it stands (`refused`).
 */
export async function retainRecords(options: RetainOptions): Promise<RetentionReport> {
  checkOptions('retainRecords', options, optionKeys)
  checkKeys(options.keys)
  const { store, tenant, before, dryRun = false, signer, keys = [], clock = systemClock } = options
  const { retention, name } = store
  if (!retention) {
    throw new LoopError('unsupported', `The ${name} store keeps every entry for ever.`, {
      hint: 'Retention is offered by the PostgreSQL store; evidence can be erased in every store.',
      plugin: name,
    })
  }
  if (!Number.isFinite(before) || typeof dryRun !== 'boolean')
    throw new LoopError('invalid_input', 'What goes, and whether it does, is said plainly.', {
      path: Number.isFinite(before) ? '/dryRun' : '/before',
      hint: 'Give epoch milliseconds, and true or false.',
    })
  if (before > clock.now()) {
    throw new LoopError(
      'invalid_input',
      'Entries cannot go before their time: it is in the future.',
    )
  }
  if (signer && !dryRun) await createLog({ store, tenant, signer, clock }).checkpoint()
  const head = await store.logHead(tenant)
  if ((await rootAt(store, tenant, head.size)) !== head.root) {
    throw new LoopError('corrupt', 'The leaves of the log are not those of its head.', {
      hint: 'Verify the store; nothing was dropped.',
    })
  }
  if (keys.length > 0) refuseUnsigned(head, tenant, keys)
  return retention.drop({ before, tenant, dryRun })
}

function refuseUnsigned(head: LogHead, tenant: string, keys: readonly NoteKey[]): void {
  if (head.note !== null && vouchesFor(openCheckpoint(head.note, keys), tenant, head)) return
  throw new LoopError('refused', 'No known key signed the log as it stands.', {
    details: { reason: 'unsigned' },
    hint: 'Sign it first, or give the signer.',
  })
}
