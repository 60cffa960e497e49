import {
  freezeParsed,
  openEntry,
  openEvidence,
  type JsonObject,
  type LedgerEntry,
  type StoredEntry,
} from '@loop-engine/core'

import { checkFields } from '../check-input.ts'
import type { Kernel } from '../kernel.ts'
import type { Target } from './engine-input.ts'

export interface HistoryQuery extends Target {
  /** An older run of the business key; the open or newest one when absent. */
  readonly runId?: string
  /** The `seq` to begin with; 1 by default. */
  readonly from?: number
  /** At most so many; all of them by default. */
  readonly limit?: number
}

export interface HistoryItem {
  readonly entry: LedgerEntry
  readonly hash: string
  /** Null when there was none, or when it was erased. */
  readonly evidence: JsonObject | null
}

const pageSize = 500

/** The entries of a run, read page by page. */
export async function* readHistory(
  kernel: Kernel,
  query: HistoryQuery,
): AsyncGenerator<HistoryItem> {
  checkFields('engine.history', query, ['aggregateId'])
  const { tenant = 'default', aggregateId, runId, from = 1, limit = Infinity } = query
  const run = runId ?? (await kernel.store.get(tenant, aggregateId))?.runId
  if (run === undefined) return
  let next = from
  for (let left = limit; left > 0;) {
    const size = Math.min(left, pageSize)
    const page = await kernel.store.entries(tenant, run, { from: next, limit: size })
    for (const stored of page) {
      const item = openItem(stored)
      // `runId` may name a run of another business key.
      if (item.entry.aggregateId !== aggregateId) return
      yield item
    }
    const last = page.at(-1)
    if (!last || page.length < size) return
    next = last.seq + 1
    left -= page.length
  }
}

function openItem(stored: StoredEntry): HistoryItem {
  const evidence = openEvidence(stored)
  return freezeParsed({ entry: openEntry(stored), hash: stored.hash, evidence })
}
