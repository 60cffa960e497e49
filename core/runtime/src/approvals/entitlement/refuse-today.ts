import type { ApprovalRequest, DecisionKind } from '@loop-engine/core'

import { identityClasses, involvedIn } from '../../identity-classes.ts'
import type { Today } from '../../identity.ts'
import type { Kernel } from '../../kernel.ts'
import {
  isFull,
  isKnownWellEnough,
  mayHandOn,
  refuseReviewer,
  type DecisionRefusal,
} from './approval-rules.ts'
import { withStandingDelegations } from './standing-delegations.ts'

/** Why a person may not decide, or not in this way, by the roles that the directory gives today; null when they may. */
export async function refuseToday(
  kernel: Kernel,
  request: ApprovalRequest,
  today: Today | null,
  kind?: DecisionKind | 'delegate',
): Promise<DecisionRefusal | null> {
  if (!today) return 'not_entitled'
  const standing = await withStandingDelegations(kernel, request)
  const { actor, identityClass } = today
  const others = [...involvedIn(standing), ...(actor.onBehalfOf ? [actor.onBehalfOf] : [])]
  const classOf = await identityClasses(kernel, request.tenant, others)
  const refusal = refuseReviewer(standing, actor, (id) =>
    id === actor.id ? identityClass : classOf(id),
  )
  if (refusal || kind === undefined) return refusal
  if (kind === 'delegate' && !mayHandOn(standing, actor)) return 'not_allowed'
  if (!isKnownWellEnough(request, kind, actor)) return 'assurance_too_low'
  return isFull(request, kind) ? 'limit_reached' : null
}
