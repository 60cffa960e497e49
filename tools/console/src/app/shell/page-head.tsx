import { Content, PageSection, Title } from '@patternfly/react-core'
import { useEffect, type ReactNode } from 'react'

import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'

/** The heading of a page, which also names the window. */
export function PageHead({
  title,
  children,
}: {
  readonly title: string
  readonly children?: ReactNode
}): ReactNode {
  useEffect(() => {
    document.title = `${spellOut(title)} · Loop Engine`
  }, [title])
  return (
    <PageSection variant="secondary">
      <Title headingLevel="h1">
        <Shown text={title} />
      </Title>
      {children !== undefined && <Content>{children}</Content>}
    </PageSection>
  )
}
