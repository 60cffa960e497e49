import type { LoopInstance, LoopStore, StoredEntry } from '@loop-engine/core'

const page = 100

/** The entries of a run from its version back to `first`, a page at a time: whoever has found enough reads no further. */
export async function* newestFirst(
  store: LoopStore,
  { tenant, runId, version }: LoopInstance,
  first = 1,
): AsyncGenerator<StoredEntry> {
  for (let to = version; to >= first; to -= page) {
    const from = Math.max(first, to - page + 1)
    yield* (await store.entries(tenant, runId, { from, to })).toReversed()
  }
}
