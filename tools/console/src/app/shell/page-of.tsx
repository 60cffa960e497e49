import { Button, EmptyState, EmptyStateBody, PageSection } from '@patternfly/react-core'
import { lazy, type ComponentType, type ReactNode } from 'react'

/** A page that is fetched when it is first looked at. One that cannot be had says so, and the rest of the console stays. */
export function pageOf(load: () => Promise<ComponentType>): ComponentType {
  return lazy(async () => ({ default: await load().catch(() => NotLoaded) }))
}

/** The server is away, or serves a newer console that no longer has the page of this one. */
function NotLoaded(): ReactNode {
  return (
    <PageSection>
      <EmptyState titleText="This page could not be loaded" headingLevel="h1">
        <EmptyStateBody>
          The server is away, or has a newer console.{' '}
          <Button variant="link" isInline onClick={() => location.reload()}>
            Load it again
          </Button>
        </EmptyStateBody>
      </EmptyState>
    </PageSection>
  )
}
