import type { Guard } from '@loop-engine/core'

import { limitScopes, reserve } from './limit-window.ts'
import { checkedBy, duration, oneOf, optional, text, wholeNumber } from './parameters.ts'

/**
 * `{ limit: 10, window: '1h', per?: 'actor', name? }`: at most so many executions in each window.
 * The count is taken in the commit itself, so it holds under any concurrency; use it as a hard guard.
 */
export const rateLimit: Guard = {
  contract: 'guard/v1',
  id: 'rate-limit',
  description: 'At most `limit` executions in each `window`.',
  check: checkedBy({
    limit: wholeNumber,
    window: duration,
    per: optional(oneOf(limitScopes)),
    name: optional(text),
  }),
  evaluate(input) {
    if (input.parameters.window === undefined)
      return { passed: false, message: 'No window is given.' }
    return { passed: true, reserve: [reserve('rate-limit', input, 1, 'actor')] }
  },
}
