import { assuranceMethods, isAssured, type Guard } from '@loop-engine/core'

import { checkedBy, oneOf } from './parameters.ts'

/** `{ level: 'oidc' }`: the actor was authenticated at least this well; see `assuranceMethods` for the order. */
export const assuranceAtLeast: Guard = {
  contract: 'guard/v1',
  id: 'assurance-at-least',
  description: 'The actor was authenticated at least as well as `level`.',
  check: checkedBy({ level: oneOf(assuranceMethods) }),
  evaluate({ actor, parameters }) {
    const level = assuranceMethods.find((method) => method === parameters['level'])
    return {
      passed: level !== undefined && isAssured(actor.assurance, level),
      message: 'The actor has to authenticate in a stronger way.',
    }
  },
}
