import type { CloudEvent } from '@loop-engine/client'
import { Button, PageSection } from '@patternfly/react-core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'

import { queryActivity, type ActivityFilter } from '../api/queries.ts'
import { useLive } from '../shell/live.tsx'
import { More } from '../shell/more.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { ActivityFilters } from './activity-filters.tsx'
import { EventRow } from './event-row.tsx'

/** What happens, newest first, as it happens. */
export function ActivityPage(): ReactNode {
  const [filter, setFilter] = useState<ActivityFilter>({})
  return (
    <>
      <PageHead title="Activity" />
      <PageSection>
        <ActivityFilters filter={filter} onChange={setFilter} />
        {/* Another filter is another list. */}
        <Events key={JSON.stringify(filter)} filter={filter} />
      </PageSection>
    </>
  )
}

/** As many as are kept of what came in, until the list is read anew. */
const kept = 500

function Events({ filter }: { readonly filter: ActivityFilter }): ReactNode {
  const [fresh, setFresh] = useState<readonly CloudEvent[]>([])
  const [paused, setPaused] = useState<readonly CloudEvent[] | null>(null)
  const query = useInfiniteQuery({ ...queryActivity(filter), staleTime: Number.POSITIVE_INFINITY })
  // What came in before is dropped only once the list has it, and nothing lies between the two.
  const readAnew = async (): Promise<void> => {
    const { isSuccess } = await query.refetch()
    if (isSuccess) setFresh((now) => now.filter((event) => !fresh.includes(event)))
  }
  useLive({
    filter: { ...filter },
    stale: [],
    onEvents: (events) => {
      setFresh((before) => [...events.toReversed(), ...before])
      if (fresh.length > kept && !query.isRefetching) void readAnew()
    },
    onBack: () => void readAnew(),
  })
  const read = query.data?.map(({ event }) => event) ?? []
  const now = distinct([...fresh, ...read])
  const events = paused ?? now
  return (
    <>
      <Button variant="secondary" size="sm" onClick={() => setPaused(paused ? null : now)}>
        {paused ? `Go on (${newerThan(paused, now)} new)` : 'Pause'}
      </Button>
      <ProblemNote error={query.error} />
      {query.isSuccess && events.length === 0 && (
        <p>Nothing like this happened {query.hasNextPage ? 'lately' : 'yet'}.</p>
      )}
      <ol className="rows" aria-label="Events">
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </ol>
      <More query={query} />
    </>
  )
}

/** How many came since; all of them when what was newest then is further down than the list reaches. */
function newerThan(before: readonly CloudEvent[], now: readonly CloudEvent[]): string {
  const count = now.findIndex(({ id }) => id === before[0]?.id)
  return count < 0 ? `${now.length} or more` : `${count}`
}

/** What was read and what came in may overlap. */
function distinct(events: readonly CloudEvent[]): readonly CloudEvent[] {
  return [...new Map(events.map((event) => [event.id, event])).values()]
}
