import { useInfiniteQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { queryRuns } from '../api/queries.ts'
import { StatusLabel } from '../run/run-facts.tsx'
import { More } from '../shell/more.tsx'
import { RunLink } from '../show/links.tsx'
import { Moment } from '../show/moment.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'

export function LoopRuns({ loopId }: { readonly loopId: string }): ReactNode {
  const query = useInfiniteQuery(queryRuns(loopId))
  const runs = query.data ?? []
  return (
    <Section title="Runs">
      <ProblemNote error={query.error} />
      {query.isSuccess && runs.length === 0 && <p>None yet.</p>}
      <ul className="rows">
        {runs.map(({ runId, aggregateId, currentState, status, updatedAt }) => (
          <li key={runId} className="facts">
            <RunLink runId={runId} aggregateId={aggregateId} />
            <StatusLabel status={status} />
            <Shown text={currentState} />
            <Moment at={updatedAt} />
          </li>
        ))}
      </ul>
      <More query={query} />
    </Section>
  )
}
