import {
  openEntry,
  openEvidence,
  type JsonObject,
  type LedgerEntry,
  type StoredEntry,
} from '@loop-engine/core'

import type { Target } from './engine-input.ts'
import type { Kernel } from './kernel.ts'

export interface HistoryItem {
  readonly entry: LedgerEntry
  readonly hash: string
  /** Null when there was none, or when it was erased. */
  readonly evidence: JsonObject | null
}

/** The entries of a run, read page by page. */
export async function* readHistory(
  kernel: Kernel,
  { tenant = 'default', aggregateId, runId }: Target & { runId?: string },
): AsyncGenerator<HistoryItem> {
  const run = runId ?? (await kernel.store.get(tenant, aggregateId))?.runId
  if (run === undefined) return
  const limit = 500
  for (let from = 1; ;) {
    const page = await kernel.store.entries(tenant, run, { from, limit })
    for (const stored of page) yield openItem(stored)
    const last = page.at(-1)
    if (!last || page.length < limit) return
    from = last.seq + 1
  }
}

function openItem(stored: StoredEntry): HistoryItem {
  return { entry: openEntry(stored), hash: stored.hash, evidence: openEvidence(stored) }
}
