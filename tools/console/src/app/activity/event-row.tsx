import type { CloudEvent } from '@loop-engine/client'
import type { LedgerEntry } from '@loop-engine/core'
import { sentenceOf } from '@loop-engine/observability'
import { Label } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { ActorType } from '../show/actor-label.tsx'
import { control, LoopLink, RunLink } from '../show/links.tsx'
import { ExactMoment } from '../show/moment.tsx'
import { Shown } from '../show/shown.tsx'

/** One event in one line. */
export function EventRow({ event }: { readonly event: CloudEvent }): ReactNode {
  const { type, data } = event
  // The data of an event is the entry that it is derived from.
  const entry = data['entry'] as LedgerEntry
  const guard = data['guard'] as { readonly id: string } | undefined
  return (
    <li>
      <div className="facts subtle">
        <ExactMoment at={entry.at} />
        <Label isCompact color={colorOf(type)}>
          {nameOf(type)}
        </Label>
        <RunLink runId={entry.runId} aggregateId={entry.aggregateId} />
        {entry.loopId !== control && <LoopLink loopId={entry.loopId} />}
      </div>
      <div>
        <ActorType type={entry.actor.type} />{' '}
        {guard ? (
          <>
            The guard <Shown text={guard.id} /> did not pass.
          </>
        ) : (
          <Shown text={sentenceOf(entry)} />
        )}
      </div>
    </li>
  )
}

/** `dev.loop-engine.loop.approval.requested.v1` is `approval requested` to a person. */
function nameOf(type: string): string {
  return type.replace(/^dev\.loop-engine\.loop\.|\.v1$/g, '').replaceAll('.', ' ')
}

function colorOf(type: string): 'green' | 'red' | 'orange' | 'grey' | 'blue' {
  if (/blocked|failed|unknown|stopped/.test(type)) return 'red'
  if (/rejected|expired|cancelled|suspended/.test(type)) return 'orange'
  if (/approved|completed|succeeded|executed/.test(type)) return 'green'
  return /approval/.test(type) ? 'blue' : 'grey'
}
