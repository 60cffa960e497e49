import type { GuardResult, Reservation } from '@loop-engine/core'

import { readVerdict } from './guard-verdict.ts'
import type { PreparedGuard } from './prepare-guard.ts'

/** What one guard answered, as it is recorded, and what it wants to reserve. */
export interface Answer {
  readonly result: GuardResult
  readonly reserve?: readonly Reservation[]
}

/** What is recorded of a guard's answer. A guard that reserves a full counter has failed. */
export function answerOf(
  prepared: PreparedGuard,
  answer: unknown,
  durationUs: number,
  overrun: readonly string[] | undefined,
): Answer {
  const verdict = readVerdict(answer)
  if (verdict === null)
    return failed(prepared, 'bad_verdict', 'The guard did not answer with a verdict.', durationUs)
  if (!verdict.passed) return failed(prepared, 'failed', verdict.message, durationUs)
  if (overrun && verdict.reserve?.some(({ key }) => overrun.includes(key)))
    return failed(prepared, 'limit', 'A limit would be overrun.', durationUs)
  return { result: { ...prepared.recorded, passed: true, durationUs }, reserve: verdict.reserve }
}

export function failed(
  { recorded, message }: PreparedGuard,
  reason: string,
  said: string | undefined,
  durationUs: number,
): Answer {
  const sentence = message ?? said
  return {
    result: {
      ...recorded,
      passed: false,
      reason,
      ...(sentence !== undefined && { message: sentence }),
      durationUs,
    },
  }
}
