import { LoopError, type CommitResult } from '@loop-engine/core'

import type { Refusal, Ruling } from '../judging/decide/ruling.ts'

type Refused = Extract<CommitResult, { kind: 'refused' }>

export interface LateRefusal extends Refusal {
  readonly reason: 'stopped' | 'limit_reached'
}

/** A guard of somebody else's may name another counter each time that it judges. */
const mostCounters = 8

/**
 * What the commit refused becomes a recorded rejection of the same attempt. Of a counter that is full the guards hear
 * first, once for each, so that it is on record as theirs, or a warning of a soft one.
 */
export function refusedBy({ reason, detail }: Refused, before?: Refusal): LateRefusal {
  if (before && !before.overrun)
    throw new LoopError('bad_response', 'The store refused the record of a refusal.')
  if (reason === 'stopped') return { reason: 'stopped', message: 'A stop is in force.' }
  if (reason === 'limit') {
    const known = before?.overrun ?? []
    const canJudgeAgain = !known.includes(detail) && known.length < mostCounters
    return overLimit(canJudgeAgain ? [...known, detail] : undefined)
  }
  throw new LoopError('fenced', 'The lease was lost to another worker.', { retryable: false })
}

/** Counters have no room for an attempt. Without them its guards are not asked once more. */
export function overLimit(overrun?: readonly string[]): LateRefusal {
  return { reason: 'limit_reached', message: 'A limit would be overrun.', overrun }
}

/** Whether a hard limit is in the way of an attempt that was judged with the counters that are full. */
export function isOverLimit({ status, reason }: Ruling): boolean {
  return status === 'rejected' && reason === 'limit_reached'
}

/** What somebody hears whose change has no attempt to record. */
export function stoppedError(scope: string): LoopError {
  return new LoopError('stopped', 'A stop is in force.', {
    details: { scope },
    hint: 'A person must release it.',
  })
}
