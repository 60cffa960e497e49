import { isLoopError, LoopError } from '@loop-engine/core'

import { refusal } from '../calls/call-judge.ts'
import type { CallOutcome, Subject } from '../calls/call-outcome.ts'

const ofOneCall: readonly string[] = [
  'stopped',
  'refused',
  'invalid_input',
  'invalid_json',
  'too_large',
]

/**
 * What becomes of a call that cannot be judged: under a stop, or with an id or an input that cannot be recorded. Throws
 * anything else on, such as that a store is away, which ends the whole answer.
 */
export function faultOutcome(call: Subject, error: unknown): CallOutcome {
  if (isLoopError(error) && ofOneCall.includes(error.code))
    return refusal(call, error.code, error.message).outcome
  throw error
}

/** The same as an error with its code, whose words leave the model no room to claim success. */
export function faultError(call: Subject, error: unknown): LoopError {
  const { message } = faultOutcome(call, error)
  // Anything else was thrown on.
  const { code, path, hint, details } = error as LoopError
  return new LoopError(code, message, { plugin: 'vercel-ai', path, hint, details, cause: error })
}
