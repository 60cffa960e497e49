import { EmptyState, EmptyStateBody, PageSection } from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

export function NothingHere(): ReactNode {
  return (
    <PageSection>
      <EmptyState titleText="There is nothing here" headingLevel="h1">
        <EmptyStateBody>
          <Link to="/inbox">Go to the inbox</Link>
        </EmptyStateBody>
      </EmptyState>
    </PageSection>
  )
}
