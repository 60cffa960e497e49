import { isLoopError, type LoopError } from '@loop-engine/core'
import { ApplicationFailure } from '@temporalio/common'

import { failureTypes, type PendingCall } from './names.ts'

/** Why a call did not run. Only ids and codes, because a failure ends up in a history. */
export interface RefusalDetails {
  /** Empty if the call could not be opened. */
  readonly aggregateId: string
  /** `guard:<id>`, `rejected`, `expired`, `actor_type_not_allowed`, `input_mismatch`, … */
  readonly reason: string
}

export function denied(name: string, details: RefusalDetails): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${name} was not executed: ${details.reason}.`,
    failureTypes.denied,
    details,
  )
}

export function pending(name: string, call: PendingCall): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${name} was not executed: it waits for approval.`,
    failureTypes.pending,
    call,
  )
}

export function unknownOutcome(name: string, details: RefusalDetails): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${name} began, and nobody knows how it ended; it will not run again.`,
    failureTypes.unknown,
    details,
  )
}

/** The only retryable refusal: Temporal asks again until somebody releases the stop. */
export function stopped(name: string, aggregateId: string): ApplicationFailure {
  const details: RefusalDetails = { aggregateId, reason: 'stopped' }
  return ApplicationFailure.create({
    message: `${name} was not executed: a stop is in force.`,
    type: failureTypes.stopped,
    details: [details],
    nextRetryDelay: '10s',
  })
}

/**
 * An error of the engine or its store as a failure with our own text only; retryable if the same call may succeed
 * later.
 */
export function faultOf(error: unknown, name: string): unknown {
  if (error instanceof ApplicationFailure || !isLoopError(error)) return error
  if (error.code === 'stopped') return stopped(name, '')
  const passing = mayPass(error)
  return ApplicationFailure.create({
    message: `${name} was not executed: ${error.message}`,
    type: passing ? `LoopEngine.${error.code}` : failureTypes.denied,
    nonRetryable: !passing,
    details: [{ reason: error.code }],
  })
}

/** Whether the same call may succeed later. */
export function mayPass({ code, retryable }: LoopError): boolean {
  return retryable || code === 'unknown_outcome'
}
