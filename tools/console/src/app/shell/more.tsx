import { Button } from '@patternfly/react-core'
import type { ReactNode } from 'react'

/** Reads the next page of a list. */
export function More({
  query: { hasNextPage, isFetchingNextPage, fetchNextPage },
}: {
  readonly query: {
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => Promise<unknown>
  }
}): ReactNode {
  if (!hasNextPage) return null
  return (
    <Button variant="link" isLoading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
      Show more
    </Button>
  )
}
