import { LoopError } from '@loop-engine/core'

/** What the commit refused becomes a recorded rejection of the same attempt. */
export function refusedBy(reason: 'fenced' | 'stopped' | 'spent' | 'limit'): {
  reason: 'stopped' | 'limit_reached'
  message: string
} {
  if (reason === 'stopped') return { reason: 'stopped', message: 'A stop is in force.' }
  if (reason === 'limit') return { reason: 'limit_reached', message: 'A limit would be overrun.' }
  throw new LoopError('fenced', 'The lease was lost to another worker.', { retryable: false })
}

/** What somebody hears whose change has no attempt to record. */
export function stoppedError(scope: string): LoopError {
  return new LoopError('stopped', 'A stop is in force.', {
    details: { scope },
    hint: 'A person must release it.',
  })
}
