import {
  hashEntry,
  LoopError,
  prevHashOf,
  type LoopInstance,
  type LoopStore,
  type StoredEntry,
} from '@loop-engine/core'

const page = 100

/**
 * Yields the entries of a run from its head back to `first`, reading a page at a time. Each entry is checked to be the one
 * that its successor names, so that nothing follows from a row that was changed by hand. Throws `corrupt`.
 */
export async function* newestFirst(
  store: LoopStore,
  { tenant, runId, version, head }: LoopInstance,
  first = 1,
): AsyncGenerator<StoredEntry> {
  let hash = head
  for (let to = version; to >= first; to -= page) {
    const from = Math.max(first, to - page + 1)
    const entries = await store.entries(tenant, runId, { from, to })
    for (let seq = to; seq >= from; seq--) {
      const entry = entries[seq - from]
      if (entry?.seq !== seq || entry.hash !== hash || hashEntry(entry.body) !== hash)
        throw new LoopError('corrupt', `Entry ${seq} of run ${runId} is not the one on record.`, {
          details: { runId, seq },
          hint: 'Run verify to find the first bad one, then restore the store from a backup.',
        })
      hash = prevHashOf(entry.body)
      yield entry
    }
  }
}
