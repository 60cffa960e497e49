import type { DefinitionSummary, LoopMetrics } from '@loop-engine/client'
import {
  Card,
  CardBody,
  CardTitle,
  DescriptionList,
  EmptyState,
  EmptyStateBody,
  Gallery,
  PageSection,
} from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'

import { queryLoops, queryMetrics } from '../api/queries.ts'
import { useLive } from '../shell/live.tsx'
import { PageHead } from '../shell/page-head.tsx'
import { Item } from '../show/item.tsx'
import { LoopLink } from '../show/links.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Shown } from '../show/shown.tsx'
import { percent } from './percent.ts'

export function LoopsPage(): ReactNode {
  useLive({ filter: {}, stale: [['metrics']] })
  const loops = useQuery(queryLoops())
  const metrics = useQuery(queryMetrics())
  return (
    <>
      <PageHead title="Loops" />
      <PageSection>
        <ProblemNote error={loops.error} />
        {loops.data?.length === 0 && (
          <EmptyState titleText="No loops are served" headingLevel="h2">
            <EmptyStateBody>Name some when you start the server.</EmptyStateBody>
          </EmptyState>
        )}
        <Gallery hasGutter minWidths={{ default: '100%', md: '22rem' }}>
          {loops.data?.map((loop) => (
            <LoopCard
              key={loop.id}
              loop={loop}
              metrics={metrics.data?.find(({ loopId }) => loopId === loop.id)}
            />
          ))}
        </Gallery>
      </PageSection>
    </>
  )
}

function LoopCard({
  loop: { id, name, version, description },
  metrics,
}: {
  readonly loop: DefinitionSummary
  readonly metrics: LoopMetrics | undefined
}): ReactNode {
  return (
    <Card isCompact>
      <CardTitle component="h2">
        <LoopLink loopId={id} name={name} /> <Shown text={version} />
      </CardTitle>
      <CardBody>
        {description !== undefined && (
          <p>
            <Shown text={description} />
          </p>
        )}
        <DescriptionList isCompact columnModifier={{ default: '2Col' }}>
          <Item term="Open runs">{metrics?.runs['active'] ?? 0}</Item>
          <Item term="Ended runs">
            {(metrics?.runs['completed'] ?? 0) +
              (metrics?.runs['failed'] ?? 0) +
              (metrics?.runs['cancelled'] ?? 0)}
          </Item>
          <Item term="Approved, of what was decided">{percent(metrics?.approvals.rate)}</Item>
          <Item term="Exceptions">{metrics?.exceptions ?? 0}</Item>
        </DescriptionList>
      </CardBody>
    </Card>
  )
}
