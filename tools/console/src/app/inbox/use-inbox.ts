import type { ApprovalRequest, Page } from '@loop-engine/client'
import {
  useInfiniteQuery,
  useQuery,
  type InfiniteData,
  type QueryClient,
  type UseInfiniteQueryResult,
} from '@tanstack/react-query'

import { queryApproval, queryInbox } from '../api/queries.ts'
import { useLive } from '../shell/live.tsx'

const stale = [['inbox'], ['approval']]

/** Takes a request off the list at once, without reading all of it again. */
export function forget(client: QueryClient, requestId: string): void {
  client.setQueryData<InfiniteData<Page<ApprovalRequest>>>(
    ['inbox'],
    (data) =>
      data && {
        ...data,
        pages: data.pages.map((page) => ({
          ...page,
          items: page.items.filter(({ id }) => id !== requestId),
        })),
      },
  )
}

export interface Inbox {
  readonly list: readonly ApprovalRequest[]
  readonly query: UseInfiniteQueryResult<unknown>
  /** The one that is looked at, also when it no longer waits. */
  readonly request: ApprovalRequest | undefined
  readonly error: unknown
}

export function useInbox(requestId: string | undefined): Inbox {
  useLive({ filter: { type: 'loop.approval' }, stale })
  const query = useInfiniteQuery(queryInbox())
  const list = query.data ?? []
  const listed = list.find(({ id }) => id === requestId)
  const single = useQuery({
    ...queryApproval(requestId ?? ''),
    enabled: requestId !== undefined,
    ...(listed && { placeholderData: listed }),
  })
  return { list, query, request: single.data, error: single.error }
}
