import type { JsonValue } from '@loop-engine/core'
import { present } from '@loop-engine/core/provider'

import type { CallLoop } from './call-loop.ts'
import { outcomeOf, type CallOutcome, type Subject } from './call-outcome.ts'
import { inputFacts, type CallRecord } from './call-record.ts'

/** The outcome of a call, read from its record; `undefined` while it may still run. */
export function readOutcome(
  call: Subject,
  loop: CallLoop,
  record: CallRecord,
  now: number,
): CallOutcome | undefined {
  const { instance, asked, licence, ended = {}, approval, closed, why } = record
  const facts = inputFacts(asked, licence?.evidence)
  const rest = { ...facts, ...(approval && { approvalId: approval.id }) }
  const reason = typeof ended['reason'] === 'string' ? ended['reason'] : undefined
  if (instance.status === 'suspended')
    return outcomeOf(call, 'refused', { ...rest, reason: 'suspended' }, 'the call is suspended.')
  if (instance.status === 'cancelled')
    return outcomeOf(call, 'denied', { ...rest, reason: 'cancelled' }, 'a person cancelled it.')

  switch (loop.phaseOf(instance.currentState)) {
    case 'executed':
      return outcomeOf(call, 'executed', { ...rest, ...present({ output: ended['output'] }) })
    case 'failed':
      return outcomeOf(
        call,
        'failed',
        { ...rest, reason: reason ?? 'threw' },
        text(ended['message']),
      )
    case 'unknown':
      return outcomeOf(call, 'unknown', { ...rest, reason: reason ?? 'no_result' })
    case 'expired':
      return outcomeOf(call, 'expired', { ...rest, reason: 'expired' })
    case 'denied': {
      const by = closed === 'rejected' ? 'reviewer' : (reason ?? closed ?? 'denied')
      return outcomeOf(call, 'denied', { ...rest, reason: by }, why)
    }
    case 'executing':
      return licence ? undefined : outcomeOf(call, 'refused', { ...rest, reason: 'no_licence' })
    case 'requested':
      break
    case undefined:
      return outcomeOf(call, 'refused', { ...rest, reason: 'unknown_state' })
  }
  if (!approval) return undefined
  if (instance.openApprovals > 0) {
    // Nobody can decide an expired request any more; the relay will record that it expired.
    const isOver = approval.expiresAt <= now
    return outcomeOf(call, isOver ? 'expired' : 'pending', rest)
  }
  if (closed === 'expired') return outcomeOf(call, 'expired', { ...rest, reason: 'expired' })
  if (closed === 'rejected') return outcomeOf(call, 'denied', { ...rest, reason: 'reviewer' }, why)
  if (closed === 'withdrawn') return outcomeOf(call, 'denied', { ...rest, reason: 'withdrawn' })
  return undefined
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
