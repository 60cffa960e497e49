import { LoopError, parseRecord, type OutboxClaim } from '@loop-engine/core'

import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import { approvalTimer } from '../recording/orders.ts'
import { fireRequestTimer } from './fire-request-timer.ts'
import { timeOutState } from './time-out-state.ts'

/** Fires a timer at most once: the commit that acts is also the one that ends the timer. */
export async function fireTimer(kernel: Kernel, claim: OutboxClaim): Promise<Delivery> {
  if (claim.name === 'state-timeout') return timeOutState(kernel, claim)
  const { requestId, index } = parseRecord(claim.payload) ?? {}
  const isOrdered =
    typeof requestId === 'string' &&
    typeof index === 'number' &&
    claim.id === approvalTimer(requestId, claim.name, index)
  if (isOrdered) return fireRequestTimer(kernel, claim, { requestId, index })
  throw new LoopError('corrupt', 'The timer of a request is not the one that was committed.')
}
