import type { Guard } from '@loop-engine/core'

import { checkedBy } from './parameters.ts'

/** The actor is a human. A machine that acts for a human is none. */
export const humanOnly: Guard = {
  contract: 'guard/v1',
  id: 'human-only',
  description: 'The actor is a human.',
  check: checkedBy({}),
  evaluate: ({ actor }) => ({
    passed: actor.type === 'human',
    message: 'Only a human may do this.',
  }),
}
