import type { LedgerEntry, Receipt } from '@loop-engine/core'

/** The licence that an executed transition is, as the record has it. */
export function receiptOf(hash: string, entry: LedgerEntry): Receipt {
  return {
    tenant: entry.tenant,
    runId: entry.runId,
    aggregateId: entry.aggregateId,
    seq: entry.seq,
    entry: hash,
    transitionId: entry.transitionId ?? '',
    ...(entry.actionDigest !== undefined && { actionDigest: entry.actionDigest }),
    expiresAt: entry.receiptExpiresAt ?? 0,
  }
}
