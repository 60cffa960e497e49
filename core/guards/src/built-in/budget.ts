import type { Guard } from '@loop-engine/core'

import { limitScopes, reserve } from './limit-window.ts'
import { checkedBy, duration, numberFrom, oneOf, optional, text } from './parameters.ts'
import { readField } from './read-field.ts'

/**
 * `{ limit: 50000, amount: '/amountCents', window?: '30d', per?: 'tenant', name? }`: the amounts of all
 * executions stay within the limit; without a window for ever. Count in whole units such as cents.
 * The sum is taken in the commit itself, so it is never overrun; use it as a hard guard.
 */
export const budget: Guard = {
  contract: 'guard/v1',
  id: 'budget',
  description: 'The sum of `amount` stays within `limit`.',
  check: checkedBy({
    limit: numberFrom(0),
    amount: text,
    window: optional(duration),
    per: optional(oneOf(limitScopes)),
    name: optional(text),
  }),
  evaluate(input) {
    const { amount: field, limit } = input.parameters
    const amount = readField(input.evidence, field)
    if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
      return { passed: false, message: 'The amount is missing or is not a number of at least 0.' }
    }
    if (typeof limit !== 'number' || amount > limit) {
      return { passed: false, message: 'The amount alone is beyond the budget.' }
    }
    return { passed: true, reserve: [reserve('budget', input, amount, 'tenant')] }
  },
}
