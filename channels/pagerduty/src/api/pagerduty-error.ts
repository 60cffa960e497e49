import { isLoopError, LoopError } from '@loop-engine/core'
import { z } from 'zod'

import type { PagerDutyAnswer } from './transport.ts'

const plugin = 'pagerduty'
const faultSchema = z.object({ error: z.object({ code: z.int() }) })

/** A LoopError for a refusal. PagerDuty's own message is left out, because it may quote what was sent. */
export function pagerDutyError(
  what: string,
  { status, data, retryAfterMs }: PagerDutyAnswer,
): LoopError {
  const fault = faultSchema.safeParse(data).data?.error.code
  const details = { what, status, ...(fault !== undefined && { fault }) }
  if (status === 429)
    return new LoopError('rate_limited', `PagerDuty accepts no more calls to ${what} for now.`, {
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
    return new LoopError('not_found', `PagerDuty has nothing by this id, asked to ${what}.`, {
      plugin,
      details,
    })
  if (status < 300)
    return new LoopError(
      'bad_response',
      `PagerDuty's answer does not have the expected form, asked to ${what}.`,
      {
        plugin,
        details,
      },
    )
  return new LoopError('bad_response', `PagerDuty refused to ${what}.`, { plugin, details })
}

/** Faults that a repeated delivery may not meet again: a key gets replaced, and an unknown outcome is looked up. */
const passing = ['aborted', 'auth', 'unknown_outcome']

/** Whether a repeated delivery would fail in the same way. */
export function isFinal(error: unknown): boolean {
  return isLoopError(error) && !error.retryable && !passing.includes(error.code)
}
