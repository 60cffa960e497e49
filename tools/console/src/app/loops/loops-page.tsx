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
  Spinner,
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
        {loops.isPending && <Spinner size="lg" aria-label="Reading the loops" />}
        <ProblemNote error={loops.error} />
        <ProblemNote error={metrics.error} />
        {loops.data?.length === 0 && (
          <EmptyState titleText="No loops are served" headingLevel="h2">
            <EmptyStateBody>Name some when you start the server.</EmptyStateBody>
          </EmptyState>
        )}
        <Gallery hasGutter minWidths={{ default: '100%', md: '22rem' }}>
          {loops.data?.map((loop) => (
            <LoopCard key={loop.id} loop={loop}>
              {metrics.isPending && <Spinner size="md" aria-label="Counting" />}
              {metrics.data && (
                <Figures metrics={metrics.data.find(({ loopId }) => loopId === loop.id)} />
              )}
            </LoopCard>
          ))}
        </Gallery>
      </PageSection>
    </>
  )
}

function LoopCard({
  loop: { id, name, version, description },
  children,
}: {
  readonly loop: DefinitionSummary
  readonly children: ReactNode
}): ReactNode {
  return (
    <Card isCompact>
      <CardTitle component="h2">
        <LoopLink loopId={id} name={name} /> <Shown text={version} />
      </CardTitle>
      <CardBody>
        {description !== undefined && (
          <p>
            <Shown text={description.trim()} />
          </p>
        )}
        {children}
      </CardBody>
    </Card>
  )
}

/** What the record adds up to; nothing of a loop without runs. */
function Figures({ metrics }: { readonly metrics: LoopMetrics | undefined }): ReactNode {
  const {
    active = 0,
    suspended = 0,
    completed = 0,
    failed = 0,
    cancelled = 0,
  } = metrics?.runs ?? {}
  return (
    <DescriptionList isCompact columnModifier={{ default: '2Col' }}>
      <Item term="Open runs">{active + suspended}</Item>
      <Item term="Ended runs">{completed + failed + cancelled}</Item>
      <Item term="Approved, of what was decided">{percent(metrics?.approvals.rate)}</Item>
      <Item term="Exceptions">{metrics?.exceptions ?? 0}</Item>
    </DescriptionList>
  )
}
