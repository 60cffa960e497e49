import { sameParty } from '@loop-engine/actors'
import { delegatorsOf, type Guard } from '@loop-engine/core'

import { checkedBy, text } from './parameters.ts'

/**
 * `{ transition: 'refund' }`: somebody approved that transition in this run, and the actor neither requested nor decided an
 * approval of it, nor handed on a vote about it, nor acts for anybody who did.
 */
export const fourEyes: Guard = {
  contract: 'guard/v1',
  id: 'four-eyes',
  description: 'The actor is not of the party that requested or approved `transition`.',
  needs: ['approvals'],
  check: checkedBy({ transition: text }),
  evaluate({ actor, approvals = [], identityClassOf, parameters: { transition } }) {
    const requests = approvals.filter(({ transitionId }) => transitionId === transition)
    if (!requests.some(({ status }) => status === 'approved')) {
      return { passed: false, message: 'Nobody has approved the earlier step.' }
    }
    const involved = requests.flatMap((request) => [
      request.requester,
      ...request.decisions.flatMap((made) => [made.reviewer, ...delegatorsOf(request, made)]),
    ])
    const passed = !involved.some((earlier) => sameParty(actor, earlier, identityClassOf))
    return { passed, message: 'Somebody else has to do this.' }
  },
}
