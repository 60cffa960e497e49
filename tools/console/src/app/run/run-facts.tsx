import type { Instance } from '@loop-engine/client'
import { Card, CardBody, DescriptionList, Label } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { useSession } from '../shell/session-gate.tsx'
import { Data } from '../show/data.tsx'
import { Item } from '../show/item.tsx'
import { LoopLink } from '../show/links.tsx'
import { Moment } from '../show/moment.tsx'
import { Shown } from '../show/shown.tsx'
import { VerifyBadge } from './verify-badge.tsx'

const colors = {
  active: 'blue',
  completed: 'green',
  failed: 'red',
  cancelled: 'grey',
  suspended: 'orange',
} as const

export function StatusLabel({ status }: { readonly status: Instance['status'] }): ReactNode {
  return <Label color={colors[status]}>{status}</Label>
}

/** What a run is now. */
export function RunFacts({ run }: { readonly run: Instance }): ReactNode {
  const { scopes } = useSession()
  const { loopId, definition, currentState, status, runId, metadata, correlationId } = run
  return (
    <Card isCompact>
      <CardBody>
        <div className="facts">
          <StatusLabel status={status} />
          <VerifyBadge run={run} />
          {scopes.includes('export') && (
            <a href={`/api/v1/export?runId=${encodeURIComponent(runId)}&evidence=true`} download>
              Export the record
            </a>
          )}
        </div>
        <DescriptionList isCompact columnModifier={{ default: '1Col', md: '2Col', xl: '3Col' }}>
          <Item term="State">
            <Shown text={currentState} />
          </Item>
          <Item term="Loop">
            <LoopLink loopId={loopId} /> <Shown text={definition.version} />
          </Item>
          <Item term="Run">
            <code>
              <Shown text={runId} />
            </code>
          </Item>
          <Item term="Started">
            <Moment at={run.createdAt} />
          </Item>
          <Item term="Last change">
            <Moment at={run.updatedAt} />
          </Item>
          {correlationId !== null && (
            <Item term="Correlation">
              <Shown text={correlationId} />
            </Item>
          )}
          {Object.keys(metadata).length > 0 && (
            <Item term="Metadata">
              <Data value={metadata} />
            </Item>
          )}
        </DescriptionList>
      </CardBody>
    </Card>
  )
}
