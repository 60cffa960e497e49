import type { StoredEntry } from '@loop-engine/core'

/** Finds entries by their hash. */
export interface HashIndex {
  /** The later of two with the same hash counts. */
  add(entry: StoredEntry): void
  get(hash: string): StoredEntry | undefined
}

/** Indexes when somebody asks: every transition adds an entry, few are ever looked up by their hash. */
export function createHashIndex(): HashIndex {
  const known = new Map<string, StoredEntry>()
  let waiting: StoredEntry[] = []
  return {
    add(entry) {
      waiting.push(entry)
    },
    get(hash) {
      for (const entry of waiting) known.set(entry.hash, entry)
      waiting = []
      return known.get(hash)
    },
  }
}
