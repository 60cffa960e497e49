import type { Receipt } from '../model/result.ts'
import type { EntryDraft, StoredEntry } from './entry.ts'

export function receiptOf(
  { seq, hash }: Pick<StoredEntry, 'seq' | 'hash'>,
  entry: EntryDraft,
): Receipt {
  return {
    tenant: entry.tenant,
    runId: entry.runId,
    aggregateId: entry.aggregateId,
    seq,
    entry: hash,
    transitionId: entry.transitionId ?? '',
    ...(entry.actionDigest !== undefined && { actionDigest: entry.actionDigest }),
    expiresAt: entry.receiptExpiresAt ?? 0,
  }
}
