import { EmptyState, EmptyStateBody } from '@patternfly/react-core'
import { CheckCircleIcon } from '@patternfly/react-icons'
import type { ReactNode } from 'react'

export function EmptyInbox(): ReactNode {
  return (
    <EmptyState titleText="Nothing waits for you" headingLevel="h2" icon={CheckCircleIcon}>
      <EmptyStateBody>What does appears here by itself.</EmptyStateBody>
    </EmptyState>
  )
}
