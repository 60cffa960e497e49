export interface Page<Item> {
  readonly items: readonly Item[]
  /** Absent on the last page. */
  readonly cursor?: string
}

/** A list that is fetched page by page, as far as it is read. */
export interface Pages<Item> extends AsyncIterable<Item> {
  /** One page: the first, or the one behind a cursor. */
  page(cursor?: string): Promise<Page<Item>>
}

export function createPages<Item>(fetch: (cursor?: string) => Promise<Page<Item>>): Pages<Item> {
  return {
    page: fetch,
    async *[Symbol.asyncIterator]() {
      for (let cursor: string | undefined; ;) {
        const page = await fetch(cursor)
        yield* page.items
        cursor = page.cursor
        if (cursor === undefined) return
      }
    },
  }
}
