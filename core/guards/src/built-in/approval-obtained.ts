import { distinctPeople, sameParty } from '@loop-engine/actors'
import { approvalsOf, type ApprovalRequest, type Guard, type GuardInput } from '@loop-engine/core'

import { checkedBy, duration, durationMs, optional, text, wholeNumber } from './parameters.ts'

/**
 * `{ transition: 'review', people?: 1, within?: '7d' }`: the newest request for that earlier transition was approved by
 * at least `people` people, none of the requester's party. It reads recorded decisions and ignores what evidence says about
 * approvals. It cannot ask about its own transition, because guards judge before anybody is asked to approve.
 */
export const approvalObtained: Guard = {
  contract: 'guard/v1',
  id: 'approval-obtained',
  description: 'The newest request for `transition` was approved by enough `people`.',
  needs: ['approvals'],
  check: checkedBy({ transition: text, people: optional(wholeNumber), within: optional(duration) }),
  evaluate({
    approvals = [],
    identityClassOf,
    parameters: { transition, people = 1, within },
    now,
  }) {
    const newest = approvals.find(({ transitionId }) => transitionId === transition)
    if (newest?.status !== 'approved') return { passed: false, message: 'It was not approved.' }
    const decidedAt = newest.decidedAt ?? 0
    if (within !== undefined && now - decidedAt > durationMs(within)) {
      return { passed: false, message: 'It was approved too long ago.' }
    }
    return {
      passed:
        typeof people === 'number' &&
        people >= 1 &&
        peopleBehind(newest, identityClassOf) >= people,
      message: 'Too few people approved it.',
    }
  },
}

function peopleBehind(request: ApprovalRequest, classOf: GuardInput['identityClassOf']): number {
  const people = approvalsOf(request).map(({ reviewer }) => reviewer)
  return distinctPeople(
    people.filter((one) => !sameParty(one, request.requester, classOf)),
    classOf,
  )
}
