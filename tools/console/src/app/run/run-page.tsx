import type { Instance } from '@loop-engine/client'
import type { LoopDefinition } from '@loop-engine/core'
import { PageSection, Spinner, Stack } from '@patternfly/react-core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Link, useParams } from 'react-router'

import {
  queryHistory,
  queryNewestRun,
  queryPinned,
  queryRun,
  queryTimers,
  queryWaiting,
} from '../api/queries.ts'
import { useLive } from '../shell/live.tsx'
import { More } from '../shell/more.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { Moment } from '../show/moment.tsx'
import { placeOf } from '../show/place-of.ts'
import { ProblemNote } from '../show/problem-note.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'
import { pathOf } from './path-of.ts'
import { RunFacts } from './run-facts.tsx'
import { StateGraph } from './state-graph.tsx'
import { Timeline } from './timeline.tsx'

/** One run: where it is, how it came there, and who did what. */
export function RunPage(): ReactNode {
  const { runId, aggregateId = '' } = useParams()
  const {
    data: run,
    error,
    isPending,
  } = useQuery<Instance>(runId === undefined ? queryNewestRun(aggregateId) : queryRun(runId))
  return (
    <>
      <PageHead title={run?.aggregateId ?? 'Run'} />
      {(isPending || error !== null) && (
        <PageSection>
          {isPending && <Spinner size="lg" aria-label="Reading the run" />}
          <ProblemNote error={error} />
        </PageSection>
      )}
      {run && <Run run={run} />}
    </>
  )
}

function Run({ run }: { readonly run: Instance }): ReactNode {
  useLive({
    filter: { runId: run.runId },
    stale: [
      ['run', run.runId],
      ['newest', run.aggregateId],
    ],
  })
  const history = useInfiniteQuery(queryHistory(run))
  const pinned = useQuery({
    ...queryPinned(run.definition.digest),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const items = history.data ?? []
  // The server has read it with the schema of definitions.
  const definition = pinned.data?.definition as LoopDefinition | undefined
  return (
    <PageSection>
      <Stack hasGutter>
        <RunFacts run={run} />
        <Waits run={run} />
        <Timers run={run} />
        <ProblemNote error={pinned.error} />
        {definition && (
          <Section title="Path">
            {history.hasNextPage && (
              <p>
                Only the first {items.length} entries are counted here: show more of the timeline to
                see all of the path.
              </p>
            )}
            <StateGraph definition={definition} path={pathOf(items, run)} />
          </Section>
        )}
        <Section title="Timeline">
          <ProblemNote error={history.error} />
          <Timeline items={items} />
          <More query={history} />
        </Section>
      </Stack>
    </PageSection>
  )
}

function Waits({ run }: { readonly run: Instance }): ReactNode {
  const query = useInfiniteQuery(queryWaiting(run.runId))
  const waiting = query.data ?? []
  if (waiting.length === 0) return <ProblemNote error={query.error} />
  return (
    <Section title="Waits for people">
      <ul>
        {waiting.map(({ id, view }) => (
          <li key={id}>
            <Link to={placeOf(id)}>
              <Shown text={view.transition.id} />
            </Link>
            , until <Moment at={view.expiresAt} />
          </li>
        ))}
      </ul>
      <More query={query} />
    </Section>
  )
}

const kinds = {
  'state-timeout': 'The time in this state is over',
  'approval-expiry': 'The request expires',
  'approval-escalation': 'More people are asked',
} as const

function Timers({ run }: { readonly run: Instance }): ReactNode {
  const { data = [], error } = useQuery(queryTimers(run))
  if (data.length === 0) return <ProblemNote error={error} />
  return (
    <Section title="Happens by itself">
      <ul>
        {data.map(({ kind, dueAt, transition, requestId = '' }) => (
          <li key={`${kind} ${requestId} ${dueAt}`}>
            {kinds[kind]} <Moment at={dueAt} />
            {transition !== undefined && (
              <>
                : the system takes <Shown text={transition} />
              </>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
