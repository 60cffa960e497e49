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
 * The entries of a run from its head back to `first`, a page at a time: whoever has found enough reads no further. Each is
 * the one that the next names, so that nothing follows from a row that was changed by hand. Throws `corrupt`.
 */
export async function* newestFirst(
  store: LoopStore,
  { tenant, runId, version, head }: LoopInstance,
  first = 1,
): AsyncGenerator<StoredEntry> {
  let hash = head
  for (let to = version; to >= first; to -= page) {
    const from = Math.max(first, to - page + 1)
    for (const entry of (await store.entries(tenant, runId, { from, to })).toReversed()) {
      if (entry.hash !== hash || hashEntry(entry.body) !== hash)
        throw new LoopError(
          'corrupt',
          `Entry ${entry.seq} of run ${runId} is not the one on record.`,
          {
            details: { runId, seq: entry.seq },
            hint: 'Run verify to find the first bad one, then restore the store from a backup.',
          },
        )
      hash = prevHashOf(entry.body)
      yield entry
    }
  }
}
