import type { LoopMetrics } from '@loop-engine/client'
import { DescriptionList, Gallery } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { Item } from '../show/item.tsx'
import { lengthOf } from '../show/moment.tsx'
import { Section } from '../show/section.tsx'
import { Shown } from '../show/shown.tsx'
import { percent } from './percent.ts'

/** Who does the work, how people decide, and what goes wrong. */
export function Rates({ metrics }: { readonly metrics: LoopMetrics }): ReactNode {
  const { approvals, aiShare, humanShare, transitions, exceptions, runs, blocked } = metrics
  const started = Object.values(runs).reduce((sum, count) => sum + count, 0)
  return (
    <Gallery hasGutter minWidths={{ default: '100%', md: '18rem' }}>
      <Rate title="Who acts">
        <Item term="Asked for by AI agents">{percent(aiShare)}</Item>
        <Item term="Asked for or approved by people">{percent(humanShare)}</Item>
        {Object.entries(transitions).map(([type, count]) => (
          <Item key={type} term={`Transitions by ${type}`}>
            {count}
          </Item>
        ))}
      </Rate>
      <Rate title="How people decide">
        <Item term="Approved, of what was decided">{percent(approvals.rate)}</Item>
        <Item term="Time to a decision, in the middle">
          {approvals.medianMs === null ? 'none yet' : lengthOf(approvals.medianMs)}
        </Item>
        <Item term="Asked">{approvals.requested}</Item>
        <Item term="Approved">{approvals.approved}</Item>
        <Item term="Rejected">{approvals.rejected}</Item>
        <Item term="Expired: not decided in time">{approvals.expired}</Item>
        <Item term="Overtaken by the run">{approvals.superseded}</Item>
      </Rate>
      <Rate title="What goes wrong">
        <Item term="Exceptions a run">
          {started === 0 ? 'none yet' : `${(exceptions / started).toFixed(2)} (${exceptions})`}
        </Item>
        <Item term="Runs that failed">{runs['failed'] ?? 0}</Item>
        {Object.entries(blocked).map(([guard, count]) => (
          <Item key={guard} term="Blocked by a guard">
            <Shown text={guard} />: {count}
          </Item>
        ))}
      </Rate>
    </Gallery>
  )
}

function Rate({
  title,
  children,
}: {
  readonly title: string
  readonly children: ReactNode
}): ReactNode {
  return (
    <Section title={title}>
      <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: '60%' }}>
        {children}
      </DescriptionList>
    </Section>
  )
}
