import type { LoopMetrics } from '@loop-engine/client'
import type { LoopDefinition } from '@loop-engine/core'
import { Progress } from '@patternfly/react-core'
import type { ReactNode } from 'react'

import { lengthOf } from '../show/moment.tsx'
import { Shown } from '../show/shown.tsx'
import { spellOut } from '../show/unseen.ts'

export interface FunnelProps {
  readonly definition: LoopDefinition
  readonly metrics: LoopMetrics | undefined
}

/** How many runs came to each state, how many are there, and how long they stay. */
export function Funnel({ definition, metrics }: FunnelProps): ReactNode {
  const states = metrics?.states ?? {}
  const started = Object.values(metrics?.runs ?? {}).reduce((sum, count) => sum + count, 0)
  return (
    <ol className="funnel">
      {definition.states.map(({ id, label }) => {
        const { runs = 0, visits = 0, now = 0, medianMs = null } = states[id] ?? {}
        const name = label ?? id
        return (
          <li key={id}>
            <Progress
              id={`funnel-${id}`}
              title={<Shown text={name} />}
              aria-label={`Runs that came to ${spellOut(name)}`}
              value={runs}
              max={Math.max(started, 1)}
              label={`${runs} of ${started}`}
              valueText={`${runs} of ${started} runs`}
            />
            <div className="facts subtle">
              <span>{now} there now</span>
              <span>
                {visits} {visits === 1 ? 'visit' : 'visits'}
              </span>
              <span>
                {medianMs === null ? 'no stay is over' : `${lengthOf(medianMs)} in the middle`}
              </span>
            </div>
          </li>
        )
      })}
    </ol>
  )
}
