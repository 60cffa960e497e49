import { parseDuration, type OutboxClaim } from '@loop-engine/core'

import { decisionDraft } from '../approvals/deciding/decision-draft.ts'
import { expire } from '../approvals/deciding/expire-request.ts'
import { onRequest, type Outcome, type Situation } from '../approvals/deciding/on-request.ts'
import type { Delivery } from '../delivery.ts'
import type { Kernel } from '../kernel.ts'
import type { PlanRest } from '../recording/change.ts'
import { approvalTimer, enqueueNotices } from '../recording/orders.ts'
import { heldUp, timerActor, whenEarly } from './timer.ts'

/** What a timer of a request was ordered for: the number of the reminder, or the step of the escalation. */
interface RequestTimer {
  readonly requestId: string
  readonly index: number
}

const done: Outcome<Delivery> = { result: { kind: 'done' } }

/** Ends a request that nobody decided in time, reminds people of it, or asks more people. */
export async function fireRequestTimer(
  kernel: Kernel,
  claim: OutboxClaim,
  order: RequestTimer,
): Promise<Delivery> {
  const settled: Outcome<Delivery> & { readonly plan: PlanRest } = {
    result: { kind: 'settled' },
    plan: { scopes: [], settle: { id: claim.id, fence: claim.fence } },
  }
  const fire = async (situation: Situation): Promise<Outcome<Delivery>> => {
    const { request } = situation
    if (request.status !== 'pending') return done
    if (claim.name === 'approval-expiry') {
      const early = whenEarly(kernel, request.expiresAt)
      if (early) return { result: early }
      const expired = await expire(kernel, situation)
      return { ...expired, ...settled, plan: { ...settled.plan, ...expired.plan } }
    }
    // The expiry may come after this timer, behind an outage or a stop.
    if (kernel.clock.now() >= request.expiresAt) return done
    if (claim.name !== 'approval-reminder') return escalate(kernel, situation, order) ?? settled
    remind(kernel, situation, claim, order)
    return settled
  }
  const { tenant } = claim
  const { requestId } = order
  return onRequest(kernel, { tenant, requestId }, timerActor, fire, (_, reason) => ({
    result: heldUp(kernel, reason, 'expiry'),
  }))
}

/** Tells the channels once more, and orders the next reminder. */
function remind(
  kernel: Kernel,
  { request, change }: Situation,
  { name, dueAt }: OutboxClaim,
  { requestId, index }: RequestTimer,
): void {
  const every = parseDuration(request.policy.remindEvery ?? '1d')
  const id = approvalTimer(requestId, name, index + 1)
  // After an outage one reminder is enough, however many were missed.
  const missed = Math.max(0, Math.floor((kernel.clock.now() - dueAt) / every))
  change.enqueue({
    id,
    lane: id,
    kind: 'timer',
    name,
    payload: JSON.stringify({ requestId, index: index + 1 }),
    dueAt: dueAt + every * (missed + 1),
  })
  enqueueNotices(change, request, 'reminder', kernel, index)
}

/** Asks the reviewers of one more step of the policy; returns an outcome only if there is no such step, or it is early. */
function escalate(
  kernel: Kernel,
  situation: Situation,
  { index }: RequestTimer,
): Outcome<Delivery> | undefined {
  const { request, change } = situation
  const { policy } = request
  const step = policy.escalate?.[index]
  if (!step) return done
  const askedAt = request.expiresAt - parseDuration(policy.expiresIn)
  const early = whenEarly(kernel, askedAt + parseDuration(step.after))
  if (early) return { result: early }
  const draft = decisionDraft(kernel, situation, 'loop.approval.escalated')
  change.append({ ...draft, data: { reviewers: step.reviewers } })
  const escalated = { ...request, escalated: [...request.escalated, ...step.reviewers] }
  change.upsert(escalated)
  const channels = step.channels ?? policy.channels
  enqueueNotices(change, { ...escalated, policy: { ...policy, channels } }, 'escalated', kernel)
  return undefined
}
