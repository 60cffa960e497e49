import { LoopError, type CommitResult } from '@loop-engine/core'

import type { Refusal, Ruling } from '../judging/decide/ruling.ts'

type Refused = Extract<CommitResult, { kind: 'refused' }>

export interface LateRefusal extends Refusal {
  readonly reason: 'stopped' | 'limit_reached'
}

/** Bounds the retries, because a third party's guard may name another counter each time. */
const mostCounters = 8

/**
 * Turns a refusal by the store into a rejection of the same attempt, which is recorded. For a full counter the guards are
 * asked again first, once for each counter, so that the record names the guard, or a soft guard only warns.
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

/** The refusal for full counters; if it names none, the guards are not asked again. */
export function overLimit(overrun?: readonly string[]): LateRefusal {
  return { reason: 'limit_reached', message: 'A limit would be overrun.', overrun }
}

/** Whether a hard limit is in the way of an attempt that was judged with the counters that are full. */
export function isOverLimit({ status, reason }: Ruling): boolean {
  return status === 'rejected' && reason === 'limit_reached'
}

/** The error for a change that a stop holds up, and that is no attempt which could be recorded. */
export function stoppedError(scope: string): LoopError {
  return new LoopError('stopped', 'A stop is in force.', {
    details: { scope },
    hint: 'A person must release it.',
  })
}
