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
 * The outcome of a call that cannot be judged: a stop is in force, or its id or input cannot be recorded. Throws any
 * other error on, such as that of an unreachable store; it ends the whole answer.
 */
export function faultOutcome(call: Subject, error: unknown): CallOutcome {
  if (isLoopError(error) && ofOneCall.includes(error.code))
    return refusal(call, error.code, error.message).outcome
  throw error
}

/** The same as an error with the original code. Its message leaves the model no room to claim success. */
export function faultError(call: Subject, error: unknown): LoopError {
  const { message } = faultOutcome(call, error)
  // `faultOutcome` threw every other error on.
  const { code, path, hint, details } = error as LoopError
  return new LoopError(code, message, { plugin: 'vercel-ai', path, hint, details, cause: error })
}
