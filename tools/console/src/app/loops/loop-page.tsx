import type { LoopDefinition } from '@loop-engine/core'
import { Content, PageSection, Spinner, Stack } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useParams } from 'react-router'

import { queryLoop, queryMetrics } from '../api/queries.ts'
import { StateGraph } from '../run/state-graph.tsx'
import { useLive } from '../shell/live.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'
import { Funnel } from './funnel.tsx'
import { LoopRuns } from './loop-runs.tsx'
import { Rates } from './rates.tsx'

/** One loop: how it is made, and what its record adds up to. */
export function LoopPage(): ReactNode {
  const { loopId = '' } = useParams()
  useLive({ filter: { loopId }, stale: [['metrics'], ['runs', loopId]] })
  const { data, error, isPending } = useQuery(queryLoop(loopId))
  const metrics = useQuery(queryMetrics())
  // The server has read it with the schema of definitions.
  const definition = data?.definition as LoopDefinition | undefined
  const counted = metrics.data?.find((loop) => loop.loopId === loopId)
  return (
    <>
      <PageHead title={definition?.name ?? loopId}>
        {definition?.description !== undefined && (
          <Content component="p">
            <Shown text={definition.description.trim()} />
          </Content>
        )}
      </PageHead>
      <PageSection>
        {isPending && <Spinner size="lg" aria-label="Reading the loop" />}
        <ProblemNote error={error} />
        <ProblemNote error={metrics.error} />
        {definition && (
          <Stack hasGutter>
            {metrics.isPending && <Spinner size="lg" aria-label="Counting" />}
            {counted && <Rates metrics={counted} />}
            <Section title="Graph">
              <StateGraph definition={definition} />
            </Section>
            {metrics.isSuccess && (
              <Section title="Where runs are, and how long they stay">
                <Funnel definition={definition} metrics={counted} />
              </Section>
            )}
            <LoopRuns loopId={loopId} />
          </Stack>
        )}
      </PageSection>
    </>
  )
}
