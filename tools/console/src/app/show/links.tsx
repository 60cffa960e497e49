import type { ReactNode } from 'react'
import { Link } from 'react-router'

import { Shown } from './shown.tsx'

/** Leads to a run, by its business key. */
export function RunLink({
  runId,
  aggregateId,
}: {
  readonly runId: string
  readonly aggregateId: string
}): ReactNode {
  return (
    <Link to={`/runs/${encodeURIComponent(runId)}`}>
      <Shown text={aggregateId} />
    </Link>
  )
}

/** Where stops and releases are on record; no loop that can be looked at. */
export const control = '$control'

/** Leads to a loop, by its name where it is known. */
export function LoopLink({
  loopId,
  name = loopId,
}: {
  readonly loopId: string
  readonly name?: string
}): ReactNode {
  if (loopId === control) return <Shown text={name} />
  return (
    <Link to={`/loops/${encodeURIComponent(loopId)}`}>
      <Shown text={name} />
    </Link>
  )
}
