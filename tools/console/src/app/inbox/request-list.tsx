import type { ApprovalRequest } from '@loop-engine/client'
import {
  DataList,
  DataListCell,
  DataListCheck,
  DataListItem,
  DataListItemCells,
  DataListItemRow,
} from '@patternfly/react-core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'

import { ActorLabel } from '../show/actor-label.tsx'
import { Moment } from '../show/moment.tsx'
import { placeOf } from '../show/place-of.ts'
import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'
import { RiskLabel } from './risk-label.tsx'

export interface RequestListProps {
  readonly requests: readonly ApprovalRequest[]
  readonly openId: string | undefined
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (id: string, isChosen: boolean) => void
}

/** What waits, oldest first. */
export function RequestList(props: RequestListProps): ReactNode {
  const { requests, openId, chosen, onChoose } = props
  return (
    <DataList aria-label="What waits for you" isCompact className="requests">
      {requests.map(({ id, view, createdAt }) => (
        <DataListItem key={id} aria-labelledby={`title-${id}`}>
          <DataListItemRow className={id === openId ? 'open' : undefined}>
            <DataListCheck
              aria-labelledby={`title-${id}`}
              aria-label={`Choose ${spellOut(view.title)}`}
              isChecked={chosen.has(id)}
              onChange={(_, isChosen) => onChoose(id, isChosen)}
            />
            <DataListItemCells
              dataListCells={[
                <DataListCell key="what">
                  <div className="facts">
                    <Link
                      id={`title-${id}`}
                      data-request={id}
                      to={placeOf(id)}
                      aria-current={id === openId ? 'true' : undefined}
                    >
                      <Shown text={view.transition.id} /> on <Shown text={view.aggregateId} />
                    </Link>
                    <RiskLabel risk={view.transition.risk} />
                  </div>
                  <div>
                    <ActorLabel actor={view.requester} />, <Moment at={createdAt} />; expires{' '}
                    <Moment at={view.expiresAt} />
                  </div>
                </DataListCell>,
              ]}
            />
          </DataListItemRow>
        </DataListItem>
      ))}
    </DataList>
  )
}
