import { readLimit, type Page } from '@loop-engine/core'

interface PageQuery {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

const step = 50
const enough = 4 * 1_048_576

/**
 * Reads a page in steps, and ends it early once its items are about 4 MiB of JSON. Each item may be as large as evidence
 * may be, and a thousand such items would be too much for one answer.
 */
export async function fillPage<Item>(
  { limit, cursor }: PageQuery,
  read: (query: { readonly limit: number; readonly cursor?: string }) => Promise<Page<Item>>,
): Promise<Page<Item>> {
  const most = readLimit(limit)
  const items: Item[] = []
  let next = cursor
  for (let characters = 0; ;) {
    const left = Math.min(step, most - items.length)
    const page = await read({ limit: left, ...(next !== undefined && { cursor: next }) })
    items.push(...page.items)
    next = page.cursor
    if (next === undefined) return { items }
    // Counted only if there is more to read.
    if (items.length < most) characters += JSON.stringify(page.items).length
    if (items.length === most || characters >= enough) return { items, cursor: next }
  }
}
