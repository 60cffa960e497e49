import type { ApprovalRequest } from '@loop-engine/client'
import { Alert, Button } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { useSession } from '../shell/session-gate.tsx'
import { Shown } from '../show/shown.tsx'
import type { Action } from './decisions.ts'
import { Edited } from './edited.tsx'
import { endOf, type Outcome } from './outcome.ts'
import { ownReasons } from './policy.ts'
import { RequestDetails } from './request-details.tsx'

export interface RequestPanelProps {
  readonly request: ApprovalRequest
  /** What the last click came to, when it did not settle the request. */
  readonly answer: Outcome | null
  readonly actions: readonly Action[]
  readonly onAction: (action: Action) => void
}

/** One request, and what can be done with it. */
export function RequestPanel({ request, answer, actions, onAction }: RequestPanelProps): ReactNode {
  const { status, revision } = request
  const isNamed = ownReasons(request, useSession()).length > 0
  return (
    <div className="request">
      {answer !== null && (
        <Alert isInline isLiveRegion variant={answer.variant} component="h3" title={answer.title} />
      )}
      {status === 'pending' ? (
        <div className="decisions" role="group" aria-label="Decide">
          {actions.length === 0 && <p>Your login may not decide.</p>}
          {actions.length > 0 && !isNamed && (
            <p>
              As far as this page knows the policy does not name you: what you decide would be
              refused.
            </p>
          )}
          {actions.map((action) => (
            <Button
              key={action.kind}
              variant={(isNamed && variants[action.kind]) || 'secondary'}
              aria-keyshortcuts={action.key}
              onClick={() => onAction(action)}
            >
              {action.name}
            </Button>
          ))}
        </div>
      ) : (
        <Alert
          isInline
          isLiveRegion
          variant="info"
          component="h3"
          title={<Shown text={`This no longer waits: ${endOf(request)}`} />}
        />
      )}
      {revision > 1 && <Edited request={request} />}
      <RequestDetails request={request} />
    </div>
  )
}

const variants: Readonly<Partial<Record<Action['kind'], 'primary' | 'danger'>>> = {
  approve: 'primary',
  reject: 'danger',
}
