import { isLoopError } from '@loop-engine/core'

/** How long the other side asked us to wait (`details.retryAfterMs`), in whole milliseconds; an hour at most. */
export function askedPause(error: unknown): number {
  const asked = isLoopError(error) ? error.details?.['retryAfterMs'] : undefined
  return typeof asked === 'number' && asked > 0 ? Math.ceil(Math.min(asked, 3_600_000)) : 0
}
