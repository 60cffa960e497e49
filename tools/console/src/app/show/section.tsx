import { Card, CardBody, CardTitle } from '@patternfly/react-core'
import type { ReactNode } from 'react'

/** A part of a page under a heading of its own. */
export function Section({
  title,
  level = 'h2',
  children,
}: {
  readonly title: string
  readonly level?: 'h2' | 'h3'
  readonly children: ReactNode
}): ReactNode {
  return (
    <Card isCompact>
      <CardTitle component={level}>{title}</CardTitle>
      <CardBody>{children}</CardBody>
    </Card>
  )
}
