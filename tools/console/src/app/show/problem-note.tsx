import { Alert } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { troubleOf } from '../api/server.ts'
import { Shown } from './shown.tsx'

/** What went wrong, what it means, and what can be done; nothing while `error` is null. */
export function ProblemNote({
  error,
  title,
}: {
  readonly error: unknown
  readonly title?: string
}): ReactNode {
  if (error === null) return null
  const { status, message, hint } = troubleOf(error)
  return (
    <Alert
      isInline
      isLiveRegion
      component="p"
      variant={status === 409 ? 'warning' : 'danger'}
      title={title ?? message}
    >
      {title !== undefined && (
        <p>
          <Shown text={message} />
        </p>
      )}
      {hint !== undefined && (
        <p>
          <Shown text={hint} />
        </p>
      )}
    </Alert>
  )
}
