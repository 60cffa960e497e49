import { Button, Spinner } from '@patternfly/react-core'
import type { ReactNode } from 'react'

/** Says that a list is being read, and reads its next page. */
export function More({
  query: { isPending, hasNextPage, isFetchingNextPage, fetchNextPage },
}: {
  readonly query: {
    readonly isPending: boolean
    readonly hasNextPage: boolean
    readonly isFetchingNextPage: boolean
    readonly fetchNextPage: () => Promise<unknown>
  }
}): ReactNode {
  if (isPending) return <Spinner size="lg" aria-label="Reading" />
  if (!hasNextPage) return null
  return (
    <Button variant="link" isLoading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
      Show more
    </Button>
  )
}
