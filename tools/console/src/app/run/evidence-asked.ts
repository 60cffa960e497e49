import type { HistoryItem } from '@loop-engine/client'
import type { LedgerEntry } from '@loop-engine/core'

/** The evidence with which each request was made, by the request's id. */
export function evidenceAsked(
  items: readonly HistoryItem[],
): ReadonlyMap<string, HistoryItem['evidence']> {
  return new Map(
    items.flatMap(({ entry, evidence }) => {
      // The server has opened it from the record.
      const { type, approval } = entry as unknown as LedgerEntry
      return type === 'loop.approval.requested' && approval ? [[approval.id, evidence]] : []
    }),
  )
}
