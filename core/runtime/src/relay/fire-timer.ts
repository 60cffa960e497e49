import {
  LoopError,
  openEntry,
  parseDuration,
  parseRecord,
  type Actor,
  type LoopInstance,
  type OutboxClaim,
  type StoredEntry,
} from '@loop-engine/core'

import { decisionDraft } from '../approvals/deciding/decision-draft.ts'
import { expire } from '../approvals/deciding/expire-request.ts'
import { onRequest, type Outcome, type Situation } from '../approvals/deciding/on-request.ts'
import type { Delivery } from '../delivery.ts'
import { noEvidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { newestFirst } from '../reading/newest-first.ts'
import { scopesOf } from '../recording/change-scopes.ts'
import { createChange } from '../recording/change.ts'
import { takeFollowUp } from '../recording/follow-up.ts'
import { approvalTimer, enqueueNotices, stateTimer } from '../recording/orders.ts'
import { isOverLimit } from '../recording/refused-by.ts'
import { untilCommitted } from '../recording/until-committed.ts'

/** Who takes what nobody requests, when its time has come. */
export const timerActor: Actor = Object.freeze({ type: 'system', id: 'system:timer' })

/** Takes effect at most once: the commit that acts is also the one that ends the timer. */
export async function fireTimer(kernel: Kernel, claim: OutboxClaim): Promise<Delivery> {
  if (claim.name === 'state-timeout') return timeOut(kernel, claim)
  const { requestId, index } = parseRecord(claim.payload) ?? {}
  const isOrdered =
    typeof requestId === 'string' &&
    typeof index === 'number' &&
    claim.id === approvalTimer(requestId, claim.name, index)
  if (!isOrdered)
    throw new LoopError('corrupt', 'The timer of a request is not the one that was committed.')
  return forRequest(kernel, claim, { requestId, index })
}

/**
 * A run stayed too long in a state: the system takes the transition that the state names. The definition says which and
 * when, for it is pinned by its digest, and what waits in the outbox is not.
 */
async function timeOut(kernel: Kernel, claim: OutboxClaim): Promise<Delivery> {
  return untilCommitted<Delivery>(kernel, claim, {
    async attempt(late) {
      const instance = await kernel.store.getRun(claim.tenant, claim.runId)
      const isStay = instance && claim.id === stateTimer(instance.runId, instance.stateVersion)
      if (!isStay || instance.status !== 'active') return { result: { kind: 'done' } }
      const { states } = await kernel.loops.pinned(instance.definition.digest)
      const timeout = states.get(instance.currentState)?.timeout
      if (!timeout) return { result: { kind: 'done' } }
      const since = await stayedSince(kernel, instance)
      const early = whenEarly(kernel, since + parseDuration(timeout.after))
      if (early) return { result: early }
      const change = createChange(instance)
      const { ruling, reservations } = await takeFollowUp(kernel, change, instance, {
        transitionId: timeout.transition,
        actor: timerActor,
        evidence: noEvidence,
        refusal: late,
      })
      if (isOverLimit(ruling)) return { result: heldUp(kernel, 'limit', 'timeout') }
      const settle = { id: claim.id, fence: claim.fence }
      const rest = { scopes: scopesOf(instance, timerActor), settle, reservations }
      return { result: { kind: 'settled' }, record: { change, rest } }
    },
    refused: ({ reason }) => heldUp(kernel, reason, 'timeout'),
    conflict: 'The run kept moving while its timeout was taken.',
  })
}

/** When the run came into its state, by the record. */
async function stayedSince({ store }: Kernel, run: LoopInstance): Promise<number> {
  let first: StoredEntry | undefined
  for await (const entry of newestFirst(store, run, run.stateVersion)) first = entry
  if (!first) throw new LoopError('corrupt', 'The run of a timer has no record.')
  return openEntry(first).at
}

/** The order to come again, for what is due later than the outbox says. */
function whenEarly({ clock }: Kernel, dueAt: number): Delivery | null {
  const afterMs = dueAt - clock.now()
  return afterMs > 0 ? { kind: 'retry', error: 'early: The timer is not due.', afterMs } : null
}

async function forRequest(
  kernel: Kernel,
  claim: OutboxClaim,
  { requestId, index }: { readonly requestId: string; readonly index: number },
): Promise<Delivery> {
  const settle = { id: claim.id, fence: claim.fence }
  const fire = async (situation: Situation): Promise<Outcome<Delivery>> => {
    const { request, change } = situation
    if (request.status !== 'pending') return { result: { kind: 'done' } }
    if (claim.name === 'approval-expiry') {
      const early = whenEarly(kernel, request.expiresAt)
      if (early) return { result: early }
      const expired = await expire(kernel, situation)
      const plan = { scopes: [], ...expired.plan, settle }
      return { ...expired, result: { kind: 'settled' }, plan }
    }
    // The expiry may be behind this one after an outage, or held up by a stop.
    if (kernel.clock.now() >= request.expiresAt) return { result: { kind: 'done' } }
    if (claim.name === 'approval-reminder') {
      const every = parseDuration(request.policy.remindEvery ?? '1d')
      const id = approvalTimer(requestId, 'approval-reminder', index + 1)
      // After an outage one reminder is enough: those that were missed are not made up for.
      const missed = Math.max(0, Math.floor((kernel.clock.now() - claim.dueAt) / every))
      change.enqueue({
        id,
        lane: id,
        kind: 'timer',
        name: claim.name,
        payload: JSON.stringify({ requestId, index: index + 1 }),
        dueAt: claim.dueAt + every * (missed + 1),
      })
      enqueueNotices(change, request, 'reminder', kernel, index)
      return { result: { kind: 'settled' }, plan: { scopes: [], settle } }
    }
    const step = request.policy.escalate?.[index]
    if (!step) return { result: { kind: 'done' } }
    const askedAt = request.expiresAt - parseDuration(request.policy.expiresIn)
    const early = whenEarly(kernel, askedAt + parseDuration(step.after))
    if (early) return { result: early }
    const draft = decisionDraft(kernel, situation, 'loop.approval.escalated')
    change.append({ ...draft, data: { reviewers: step.reviewers } })
    const escalated = { ...request, escalated: [...request.escalated, ...step.reviewers] }
    change.upsert(escalated)
    enqueueNotices(
      change,
      step.channels
        ? { ...escalated, policy: { ...escalated.policy, channels: step.channels } }
        : escalated,
      'escalated',
      kernel,
    )
    return { result: { kind: 'settled' }, plan: { scopes: [], settle } }
  }
  return onRequest(kernel, { tenant: claim.tenant, requestId }, timerActor, fire, (_, reason) => ({
    result: heldUp(kernel, reason, 'expiry'),
  }))
}

function heldUp({ held }: Kernel, reason: string, what: 'timeout' | 'expiry'): Delivery {
  return { kind: 'retry', error: `${reason}: The ${what} is held up.`, afterMs: held.nextMs() }
}
