import { isLoopError, LoopError } from '@loop-engine/core'
import { z } from 'zod'

import type { PagerDutyAnswer } from './transport.ts'

const plugin = 'pagerduty'
const faultSchema = z.object({ error: z.object({ code: z.int() }) })

/** What a refusal means, in our words. PagerDuty's own stay out: they may quote what was sent. */
export function pagerDutyError(
  what: string,
  { status, data, retryAfterMs }: PagerDutyAnswer,
): LoopError {
  const fault = faultSchema.safeParse(data).data?.error.code
  const details = { what, status, ...(fault !== undefined && { fault }) }
  if (status === 429)
    return new LoopError('rate_limited', `PagerDuty takes no more calls to ${what} for now.`, {
      plugin,
      retryable: true,
      details: { ...details, retryAfterMs: retryAfterMs ?? 30_000 },
    })
  if (status >= 500 || status === 408)
    return new LoopError('unavailable', `PagerDuty could not ${what}.`, {
      plugin,
      retryable: true,
      details: { ...details, ...(retryAfterMs !== undefined && { retryAfterMs }) },
    })
  if (status === 401 || status === 403)
    return new LoopError('auth', `PagerDuty did not allow to ${what}.`, {
      plugin,
      details,
      hint: 'Check the key, its scopes and its region; docs/pagerduty.md lists them.',
    })
  if (status === 404)
    return new LoopError('not_found', `PagerDuty knows nothing of what it should ${what}.`, {
      plugin,
      details,
    })
  if (status < 300)
    return new LoopError('bad_response', `PagerDuty answered to ${what} in another shape.`, {
      plugin,
      details,
    })
  return new LoopError('bad_response', `PagerDuty refused to ${what}.`, { plugin, details })
}

/** Faults that the same delivery may not meet again: a refused key is mended, and what is unknown is found by its key. */
const passing = ['aborted', 'auth', 'unknown_outcome']

/** Whether the same delivery would fail again. */
export function isFinal(error: unknown): boolean {
  return isLoopError(error) && !error.retryable && !passing.includes(error.code)
}
