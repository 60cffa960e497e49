import { mayReview } from '@loop-engine/actors'
import {
  approvalsOf,
  reviewersOf,
  type ApprovalDecision,
  type ApprovalRequest,
} from '@loop-engine/core'

import { evidenceOf } from '../engine/admit-input.ts'
import { noEvidence } from '../judging/evidence.ts'
import type { Kernel } from '../kernel.ts'
import { enqueueNotices } from '../recording/orders.ts'
import { scopesOf } from '../recording/stop-scopes.ts'
import { countApproval } from './approval-rules.ts'
import { close, decisionDraft, followUp } from './close-request.ts'
import { compareWithRecord } from './compare-with-record.ts'
import type { DecideInput, DecisionResult } from './decide-request.ts'
import { edit } from './edit-request.ts'
import { execute, requestedEvidence } from './execute-approved.ts'
import type { Situation, Outcome } from './on-request.ts'
import { withStandingDelegations } from './standing-delegations.ts'

/** Records what an entitled person decided, and carries it out when it was the last decision that was needed. */
export async function apply(
  kernel: Kernel,
  situation: Situation,
  input: DecideInput,
): Promise<Outcome<DecisionResult>> {
  const { request, instance, change, reviewer } = situation
  const at = kernel.clock.now()
  const expired: Outcome<DecisionResult> = {
    result: { status: 'refused', reason: 'expired', request },
  }
  // Directories and guards take their time.
  if (at >= request.expiresAt) return expired
  const decision: ApprovalDecision = {
    decision: input.decision,
    reviewer,
    stage: request.stage,
    revision: request.revision,
    at,
    ...(input.reason !== undefined && { reason: input.reason }),
  }

  if (input.decision === 'reject') {
    const rejected: ApprovalRequest = {
      ...request,
      decisions: [...request.decisions, decision],
      status: 'rejected',
      decidedAt: at,
    }
    change.append(
      decisionDraft(kernel, instance, request, reviewer, 'loop.approval.rejected', 'reject', input),
    )
    close(kernel, change, rejected)
    const taken = await followUp(kernel, situation, rejected, request.policy.onReject)
    return {
      result: { status: 'rejected', request: rejected },
      plan: { scopes: scopesOf(instance, reviewer), reservations: taken?.reservations },
      judgesAgain: true,
    }
  }
  if (input.decision === 'respond' || input.decision === 'abstain') {
    const response = evidenceOf(kernel, input.response)
    const noted: ApprovalRequest = { ...request, decisions: [...request.decisions, decision] }
    change.append(
      {
        ...decisionDraft(
          kernel,
          instance,
          request,
          reviewer,
          'loop.approval.decided',
          input.decision,
          input,
        ),
        ...(response.digest && { evidence: response.digest }),
      },
      response.sealed,
    )
    change.upsert(noted)
    enqueueNotices(change, noted, input.decision, kernel)
    return {
      result: { status: 'recorded', request: noted },
      plan: { scopes: scopesOf(instance, reviewer) },
    }
  }

  const edited = input.decision === 'edit' ? await edit(kernel, situation, input) : request
  const lapsed = await lapsedOf(kernel, edited)
  const standing = edited.decisions.filter((made) => !lapsed.has(made))
  const { request: counted, complete } = countApproval(
    { ...edited, decisions: standing },
    { ...decision, revision: edited.revision },
  )
  const lost = edited.decisions.filter((made) => lapsed.has(made))
  const said = { ...input, lapsed: lost.map(({ reviewer }) => reviewer.id) }
  if (!complete) {
    // What the reviewer made of it may never be executed, or be edited again: this is its only record.
    const made = input.decision === 'edit' ? requestedEvidence(counted) : noEvidence
    change.append(
      {
        ...decisionDraft(
          kernel,
          instance,
          { ...counted, stage: request.stage },
          reviewer,
          'loop.approval.decided',
          input.decision,
          said,
        ),
        actionDigest: counted.actionDigest,
        ...(made.digest && { evidence: made.digest }),
      },
      made.sealed,
    )
    change.upsert(counted)
    enqueueNotices(change, counted, 'progress', kernel)
    return {
      result: { status: 'recorded', request: counted },
      plan: { scopes: scopesOf(instance, reviewer) },
    }
  }
  const changed = await compareWithRecord(kernel, request, instance)
  if (changed) throw changed
  const outcome = await execute(kernel, { ...situation, request: counted }, said)
  // And another process may have a clock that is ahead.
  return change.instance.updatedAt < request.expiresAt ? outcome : expired
}

/** Roles are checked when an approval is consumed, not when it was clicked (invariant 16): who lost them has no say. */
async function lapsedOf(
  kernel: Kernel,
  request: ApprovalRequest,
): Promise<ReadonlySet<ApprovalDecision>> {
  const lapsed = new Set<ApprovalDecision>()
  if (!kernel.identity.hasDirectory) return lapsed
  const standing = await withStandingDelegations(kernel, request)
  await Promise.all(
    approvalsOf(request).map(async (vote) => {
      const today = await kernel.identity.today(request.tenant, vote.reviewer)
      if (!today || !mayReview(today.actor, reviewersOf(standing, vote.stage))) lapsed.add(vote)
    }),
  )
  return lapsed
}
