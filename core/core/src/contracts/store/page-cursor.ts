import { LoopError } from '../../errors.ts'
import type { ApprovalRequest } from '../../model/approval.ts'
import type { Page } from './query.ts'

/** Where a page ended: the sort key of its last item. */
export interface Position {
  /** Epoch milliseconds. */
  readonly at: number
  readonly id: string
}

/** Compares for `sort`: by time, then by id. */
export function comparePositions(one: Position, other: Position): number {
  if (one.at !== other.at) return one.at - other.at
  if (one.id === other.id) return 0
  return one.id < other.id ? -1 : 1
}

/** Reads a cursor of this kind of list; anything that was not written by `cutPage` is `invalid_input`. */
export function readCursor(kind: string, cursor: string | undefined): Position | null {
  if (cursor === undefined) return null
  const parts = parse(cursor)
  if (parts?.length === 3 && parts[0] === kind) {
    const [, at, id] = parts
    if (typeof at === 'number' && typeof id === 'string' && write(kind, { at, id }) === cursor) {
      return { at, id }
    }
  }
  throw new LoopError('invalid_input', 'The cursor was not given by this list.', {
    path: '/cursor',
    hint: 'Pass the cursor of the previous page unchanged, or none for the first page.',
  })
}

/** How many items a page may hold; anything but 1 to 1,000 is `invalid_input`. */
export function readLimit(limit = 100): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1000) return limit
  throw new LoopError('invalid_input', 'A page holds 1 to 1,000 items.', { path: '/limit' })
}

/** Makes a page of `limit` items out of up to `limit + 1`; the extra item shows that there is another page. */
export function cutPage<Item>(
  kind: string,
  found: readonly Item[],
  limit: number,
  position: (item: Item) => Position,
): Page<Item> {
  const items = found.slice(0, limit)
  const last = items.at(-1)
  if (found.length <= limit || last === undefined) return { items }
  return { items, cursor: write(kind, position(last)) }
}

/** Makes a page of requests out of up to `limit + 1`. */
export function cutApprovals(
  found: readonly ApprovalRequest[],
  limit: number,
): Page<ApprovalRequest> {
  return cutPage('approval', found, limit, ({ createdAt, id }) => ({ at: createdAt, id }))
}

function write(kind: string, { at, id }: Position): string {
  return Buffer.from(JSON.stringify([kind, at, id])).toString('base64url')
}

function parse(cursor: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    return Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
