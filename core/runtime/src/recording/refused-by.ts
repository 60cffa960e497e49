import { LoopError, type CommitResult } from '@loop-engine/core'

import type { Refusal } from '../judging/decide.ts'

type Refused = Extract<CommitResult, { kind: 'refused' }>

interface LateRefusal extends Refusal {
  readonly reason: 'stopped' | 'limit_reached'
}

/** What the commit refused becomes a recorded rejection of the same attempt, or a warning of a soft guard. */
export function refusedBy({ reason, detail }: Refused, before?: Refusal): LateRefusal {
  if (reason === 'stopped') return { reason: 'stopped', message: 'A stop is in force.' }
  if (reason === 'limit')
    return {
      reason: 'limit_reached',
      message: 'A limit would be overrun.',
      overrun: [...(before?.overrun ?? []), detail],
    }
  throw new LoopError('fenced', 'The lease was lost to another worker.', { retryable: false })
}

/** What somebody hears whose change has no attempt to record. */
export function stoppedError(scope: string): LoopError {
  return new LoopError('stopped', 'A stop is in force.', {
    details: { scope },
    hint: 'A person must release it.',
  })
}
