import type { ApprovalRequest } from '@loop-engine/client'
import { Alert } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { Shown } from '../show/shown.tsx'

/** What the guards warn of: it stands wherever somebody can approve. */
export function Warnings({ request }: { readonly request: ApprovalRequest }): ReactNode {
  return request.view.warnings.map((warning) => (
    <Alert
      key={warning}
      isInline
      variant="warning"
      component="p"
      title={<Shown text={warning} />}
    />
  ))
}
