import type { ApprovalRequest } from '@loop-engine/client'
import {
  DrawerActions,
  DrawerCloseButton,
  DrawerHead,
  DrawerPanelBody,
  DrawerPanelContent,
  Label,
  Spinner,
  Title,
} from '@patternfly/react-core'
import type { ReactNode, Ref } from 'react'

import { Moment } from '../show/moment.tsx'
import { ProblemNote } from '../show/problem-note.tsx'
import { Shown } from '../show/shown.tsx'
import type { Action } from './decisions.ts'
import type { Outcome } from './outcome.ts'
import { RequestPanel } from './request-panel.tsx'
import { RiskLabel } from './risk-label.tsx'

export interface RequestDrawerProps {
  /** Undefined until it was read. */
  readonly request: ApprovalRequest | undefined
  readonly error: unknown
  readonly answer: Outcome | null
  readonly actions: readonly Action[]
  readonly heading: Ref<HTMLHeadingElement>
  readonly onAction: (action: Action) => void
  readonly onClose: () => void
}

/** The one request that is looked at, beside the list. */
export function RequestDrawer(props: RequestDrawerProps): ReactNode {
  const { request, error, answer, actions, heading, onAction, onClose } = props
  return (
    <DrawerPanelContent
      widths={{ default: 'width_100', lg: 'width_50', xl: 'width_66' }}
      aria-label="The request"
    >
      <DrawerHead>
        {request && <RequestHead request={request} heading={heading} />}
        <DrawerActions>
          <DrawerCloseButton aria-label="Close the request" onClose={onClose} />
        </DrawerActions>
      </DrawerHead>
      <DrawerPanelBody>
        <ProblemNote error={error} />
        {!request && error === null && <Spinner size="lg" aria-label="Reading the request" />}
        {request && (
          <RequestPanel request={request} answer={answer} actions={actions} onAction={onAction} />
        )}
      </DrawerPanelBody>
    </DrawerPanelContent>
  )
}

/** What it is, and until when. */
function RequestHead({
  request: { view, revision, status, expiresAt },
  heading,
}: {
  readonly request: ApprovalRequest
  readonly heading: Ref<HTMLHeadingElement>
}): ReactNode {
  return (
    <>
      <Title headingLevel="h2" tabIndex={-1} ref={heading}>
        <Shown text={view.transition.id} /> on <Shown text={view.aggregateId} />
      </Title>
      <div className="facts">
        <RiskLabel risk={view.transition.risk} />
        {revision > 1 && <Label color="orange">Revision {revision}</Label>}
        {status === 'pending' && (
          <span>
            Expires <Moment at={expiresAt} />
          </span>
        )}
      </div>
    </>
  )
}
