import { type ApprovalDecision, type ApprovalRequest } from '@loop-engine/core'

import { evidenceOf, noEvidence } from '../../judging/evidence.ts'
import type { Kernel } from '../../kernel.ts'
import { compareWithRecord } from '../../reading/compare-with-record.ts'
import { scopesOf } from '../../recording/change-scopes.ts'
import { close } from '../../recording/close-request.ts'
import { countApproval, handedOnBy } from '../entitlement/approval-rules.ts'
import { lapsedVotes } from '../entitlement/lapsed-votes.ts'
import { withStandingDelegations } from '../entitlement/standing-delegations.ts'
import type { DecideInput, DecisionResult } from './decide-request.ts'
import { decisionDraft } from './decision-draft.ts'
import { edit } from './edit-request.ts'
import { execute, requestedEvidence } from './execute-approved.ts'
import type { Situation, Outcome } from './on-request.ts'
import { takePolicyFollowUp } from './policy-follow-up.ts'
import { recordProgress } from './record-progress.ts'

/** Records the decision of an entitled person, and carries it out if it was the last one that was needed. */
export async function apply(
  kernel: Kernel,
  situation: Situation,
  input: DecideInput,
): Promise<Outcome<DecisionResult>> {
  const { request, actor: reviewer } = situation
  const at = kernel.clock.now()
  // Looking people up may have taken until after the expiry.
  if (at >= request.expiresAt) return tooLate(request)
  const decision: ApprovalDecision = {
    decision: input.decision,
    reviewer,
    stage: request.stage,
    revision: request.revision,
    at,
    ...(input.reason !== undefined && { reason: input.reason }),
  }
  switch (input.decision) {
    case 'reject':
      return reject(kernel, situation, input, decision)
    case 'respond':
    case 'abstain':
      return respond(kernel, situation, input, decision)
    case 'approve':
    case 'edit':
      return approve(kernel, situation, input, decision)
  }
}

function tooLate(request: ApprovalRequest): Outcome<DecisionResult> {
  return { result: { status: 'refused', reason: 'expired', request } }
}

async function reject(
  kernel: Kernel,
  situation: Situation,
  input: DecideInput,
  decision: ApprovalDecision,
): Promise<Outcome<DecisionResult>> {
  const { request, instance, change, actor } = situation
  const rejected: ApprovalRequest = {
    ...request,
    decisions: [...request.decisions, decision],
    status: 'rejected',
    decidedAt: decision.at,
  }
  change.append(decisionDraft(kernel, situation, 'loop.approval.rejected', 'reject', input))
  close(kernel, change, rejected)
  const taken = await takePolicyFollowUp(kernel, situation, request.policy.onReject)
  return {
    result: { status: 'rejected', request: rejected },
    plan: { scopes: scopesOf(instance, actor), reservations: taken?.reservations },
  }
}

async function respond(
  kernel: Kernel,
  situation: Situation,
  input: DecideInput,
  decision: ApprovalDecision,
): Promise<Outcome<DecisionResult>> {
  const { request, change } = situation
  const { digest, sealed } = evidenceOf(kernel, input.response)
  const draft = decisionDraft(kernel, situation, 'loop.approval.decided', input.decision, input)
  change.append({ ...draft, ...(digest && { evidence: digest }) }, sealed)
  const noted = { ...request, decisions: [...request.decisions, decision] }
  return recordProgress(kernel, situation, noted, input.decision)
}

async function approve(
  kernel: Kernel,
  situation: Situation,
  input: DecideInput,
  decision: ApprovalDecision,
): Promise<Outcome<DecisionResult>> {
  const { request, instance, change } = situation
  const edited = input.decision === 'edit' ? await edit(kernel, situation, input) : request
  const chain = handedOnBy(await withStandingDelegations(kernel, request), situation.actor)
  const lapsed = await lapsedVotes(kernel, edited)
  const standing = edited.decisions.filter((made) => !lapsed.has(made))
  const { request: counted, complete } = countApproval(
    { ...edited, decisions: standing },
    { ...decision, revision: edited.revision, ...(chain.length > 0 && { handedOnBy: chain }) },
  )
  const said = {
    ...input,
    lapsed: [...lapsed].map(({ reviewer }) => reviewer.id),
    handedOnBy: chain,
  }
  if (!complete) {
    // The edited evidence may be edited again, or never be executed: this entry is its only record.
    const { digest, sealed } = input.decision === 'edit' ? requestedEvidence(counted) : noEvidence
    const about = { ...situation, request: { ...counted, stage: request.stage } }
    const draft = decisionDraft(kernel, about, 'loop.approval.decided', input.decision, said)
    const { actionDigest } = counted
    change.append({ ...draft, actionDigest, ...(digest && { evidence: digest }) }, sealed)
    return recordProgress(kernel, situation, counted, 'progress')
  }
  const changed = await compareWithRecord(kernel, request, instance)
  if (changed) throw changed
  const outcome = await execute(kernel, { ...situation, request: counted }, said)
  // The run may have a later time than this process, if another process has a clock that is ahead.
  return change.instance.updatedAt < request.expiresAt ? outcome : tooLate(request)
}
