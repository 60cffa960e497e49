import type { CallOptions } from './client-options.ts'
import type { Transport } from './transport.ts'

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

/** The list at an address of the server. */
export function pagesAt<Item>(
  { json }: Transport,
  path: string,
): (query?: object, options?: CallOptions) => Pages<Item> {
  return (query, options) =>
    createPages((cursor) => json({ method: 'GET', path, query: { ...query, cursor }, options }))
}

/** The items of a list that comes whole. */
export async function itemsOf<Item>(page: Promise<Page<Item>>): Promise<readonly Item[]> {
  return (await page).items
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
