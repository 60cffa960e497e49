import { LoopError } from '@loop-engine/core'

/** Cuts a page out of a complete list. Throws `invalid_input` for a cursor that no such page gave. */
export function cutList<Item>(
  all: readonly Item[],
  { limit, cursor = '0' }: { readonly limit: number; readonly cursor?: string | undefined },
): { readonly items: readonly Item[]; readonly cursor?: string } {
  if (!/^\d{1,6}$/.test(cursor))
    throw new LoopError('invalid_input', 'The cursor is not from this list.', {
      path: '/cursor',
      hint: 'Pass the cursor of the previous page unchanged, or none for the first page.',
    })
  const end = Number(cursor) + limit
  return { items: all.slice(Number(cursor), end), ...(end < all.length && { cursor: `${end}` }) }
}
