import type { ApprovalRequest, DecisionKind } from '@loop-engine/core'

import type { Kernel } from '../kernel.ts'
import {
  isFull,
  isKnownWellEnough,
  mayHandOn,
  refuseReviewer,
  type DecisionRefusal,
} from './approval-rules.ts'
import { identityClasses } from './identity-classes.ts'
import { withStandingDelegations } from './standing-delegations.ts'

type Today = Awaited<ReturnType<Kernel['identity']['today']>>

/**
 * Why somebody may not decide, or not decide so, with everybody's roles as the directory has them today; null when they may.
 */
export async function refuseToday(
  kernel: Kernel,
  request: ApprovalRequest,
  today: Today,
  kind?: DecisionKind | 'delegate',
): Promise<DecisionRefusal | null> {
  if (!today) return 'not_entitled'
  const standing = await withStandingDelegations(kernel, request)
  const classes = await identityClasses(kernel, standing, today)
  const refusal = refuseReviewer(standing, today.actor, classes)
  if (refusal || kind === undefined) return refusal
  if (kind === 'delegate' && !mayHandOn(standing, today.actor)) return 'not_allowed'
  if (!isKnownWellEnough(request, kind, today.actor)) return 'assurance_too_low'
  return isFull(request, kind) ? 'limit_reached' : null
}
