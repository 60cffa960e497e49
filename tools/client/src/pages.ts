import { LoopClientError } from './client-error.ts'
import type { CallOptions } from './client-options.ts'
import type { Transport } from './transport.ts'

export interface Page<Item> {
  readonly items: readonly Item[]
  /** Absent on the last page. */
  readonly cursor?: string
}

/** A list whose pages are fetched as it is read. */
export interface Pages<Item> extends AsyncIterable<Item> {
  /** Fetches one page: the first, or the one behind a cursor. */
  page(cursor?: string): Promise<Page<Item>>
}

/** Makes the function that lists what is at a path of the server. */
export function pagesAt<Item>(
  { json }: Transport,
  path: string,
): (query?: object, options?: CallOptions) => Pages<Item> {
  return (query, options) =>
    createPages((cursor) => json({ method: 'GET', path, query: { ...query, cursor }, options }))
}

/** The items of a list that the server sends as a whole. */
export async function itemsOf<Item>(page: Promise<Page<Item>>): Promise<readonly Item[]> {
  return checked(await page).items
}

/** Refuses an answer without items, and a page with the same cursor as before, which would be read for ever. */
function checked<Item>(page: Page<Item>, before?: string): Page<Item> {
  const { items, cursor } = page
  if (Array.isArray(items) && (cursor === undefined || cursor !== before)) return page
  throw new LoopClientError('bad_response', 'The answer is not a list as the server sends it.')
}

export function createPages<Item>(fetch: (cursor?: string) => Promise<Page<Item>>): Pages<Item> {
  const page = async (cursor?: string): Promise<Page<Item>> => checked(await fetch(cursor), cursor)
  return {
    page,
    async *[Symbol.asyncIterator]() {
      for (let cursor: string | undefined; ;) {
        const read = await page(cursor)
        yield* read.items
        cursor = read.cursor
        if (cursor === undefined) return
      }
    },
  }
}
