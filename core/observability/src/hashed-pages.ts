import type { StoredEntry } from '@loop-engine/core'

import type { PageDigests, PageHasher } from './page-hasher.ts'

export interface HashedPage {
  readonly page: readonly StoredEntry[]
  /** Absent where nobody hashed ahead. */
  readonly digests?: PageDigests
}

export type Pages = AsyncIterable<readonly StoredEntry[]> | Iterable<readonly StoredEntry[]>

/** As many pages are read and being hashed while one is checked. */
const pagesAhead = 2

/** Gives the pages in their order, hashed by `hasher` if there is one. */
export async function* hashAhead(pages: Pages, hasher?: PageHasher): AsyncGenerator<HashedPage> {
  const ahead: { page: readonly StoredEntry[]; digests: Promise<PageDigests> }[] = []
  for await (const page of pages) {
    if (!hasher) {
      yield { page }
      continue
    }
    ahead.push({ page, digests: hasher.hash(page) })
    const first = ahead.length > pagesAhead ? ahead.shift() : undefined
    if (first) yield { page: first.page, digests: await first.digests }
  }
  for (const { page, digests } of ahead) yield { page, digests: await digests }
}
