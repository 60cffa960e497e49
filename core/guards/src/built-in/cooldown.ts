import type { Guard } from '@loop-engine/core'

import { checkedBy, duration, durationMs, optional, text } from './parameters.ts'

/** `{ period: '1h', transition? }`: this time has passed since the transition (its own by default) was last executed. */
export const cooldown: Guard = {
  contract: 'guard/v1',
  id: 'cooldown',
  description: 'At least `period` has passed since `transition` was last executed.',
  needs: ['last-executed'],
  check: checkedBy({ period: duration, transition: optional(text) }),
  evaluate({ lastExecutedAt, parameters: { period }, now }) {
    const periodMs = durationMs(period)
    // Undefined means that nobody looked it up; null means never.
    if (lastExecutedAt === undefined)
      return { passed: false, message: 'It is not known when it last happened.' }
    const passed = lastExecutedAt === null || now - lastExecutedAt >= periodMs
    return { passed, message: 'It is too soon after the last time.' }
  },
}
