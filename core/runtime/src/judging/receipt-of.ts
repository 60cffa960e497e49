import type { EntryDraft, Receipt, StoredEntry } from '@loop-engine/core'

/** The licence that an executed transition is, as the record has it. */
export function receiptOf({ seq, hash }: StoredEntry, entry: EntryDraft): Receipt {
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
