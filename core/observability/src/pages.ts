import { setImmediate as nextTurn } from 'node:timers/promises'

import type { LogLeaf, LoopInstance, LoopStore, StoredEntry } from '@loop-engine/core'

export const pageSize = 1000

/** Every run of a tenant, or of one of its loops or keys, page by page. */
export async function* runsOf(
  store: LoopStore,
  query: { readonly tenant: string; readonly loopId?: string; readonly aggregateId?: string },
): AsyncGenerator<LoopInstance> {
  for (let cursor: string | undefined; ;) {
    const page = await store.find({
      ...query,
      limit: pageSize,
      ...(cursor !== undefined && { cursor }),
    })
    yield* page.items
    cursor = page.cursor
    if (cursor === undefined) return
  }
}

/** The first `size` leaves of a tenant's log, in pages; fewer where the store has no more. */
export async function* leafPages(
  store: LoopStore,
  tenant: string,
  size: number,
): AsyncGenerator<readonly LogLeaf[]> {
  for (let from = 0; from < size;) {
    const page = await store.leaves(tenant, { from, limit: Math.min(pageSize, size - from) })
    if (page.length === 0) return
    yield page
    from += page.length
  }
}

/** The entries of a run from `first` up to `to`, in pages. Yields to the event loop between pages. */
export async function* entryPages(
  store: LoopStore,
  tenant: string,
  runId: string,
  to: number,
  first = 1,
): AsyncGenerator<readonly StoredEntry[]> {
  for (let from = first; from <= to;) {
    const page = await store.entries(tenant, runId, { from, to, limit: pageSize })
    const last = page.at(-1)
    if (!last) return
    yield page
    if (from > first) await nextTurn()
    if (page.length < pageSize) return
    // The page may begin later than asked, because retention drops the first entries of a run.
    from = last.seq + 1
  }
}
