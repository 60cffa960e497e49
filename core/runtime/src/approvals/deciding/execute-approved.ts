import { LoopError, type ApprovalRequest } from '@loop-engine/core'

import { judge } from '../../judging/attempt.ts'
import { approversOf } from '../../judging/decide/approvers-of.ts'
import { knownEvidence, noEvidence, type Evidence } from '../../judging/evidence.ts'
import { resultOf } from '../../judging/transition-result.ts'
import type { Kernel } from '../../kernel.ts'
import { scopesBehind } from '../../recording/change-scopes.ts'
import { close } from '../../recording/close-request.ts'
import { record } from '../../recording/record-judgement.ts'
import { isOverLimit } from '../../recording/refused-by.ts'
import { supersede } from '../../recording/supersede.ts'
import type { DecideInput, DecisionResult } from './decide-request.ts'
import { decisionDraft, type Said } from './decision-draft.ts'
import type { Situation, Outcome } from './on-request.ts'

/** Takes the last approval: the decision and the execution that it licenses are one commit. */
export async function execute(
  kernel: Kernel,
  situation: Situation,
  input: Said & Pick<DecideInput, 'decision'>,
): Promise<Outcome<DecisionResult>> {
  const { request, instance, change, late } = situation
  const approved: ApprovalRequest = {
    ...request,
    status: 'approved',
    decidedAt: kernel.clock.now(),
  }
  const loop = await kernel.loops.pinned(instance.definition.digest)
  const evidence = requestedEvidence(request)
  const command = { transitionId: request.transitionId, actor: request.requester }
  const draft = decisionDraft(kernel, situation, 'loop.approval.approved', input.decision, input)
  change.append({ ...draft, actionDigest: request.actionDigest })
  const judgement = await judge({
    kernel,
    loop,
    instance: change.instance,
    command,
    evidence,
    approved,
    refusal: late,
  })
  const { ruling, reservations } = judgement
  const executed = ruling.status === 'executed'
  if (executed && ruling.draft.actionDigest !== request.actionDigest)
    throw new LoopError('corrupt', 'What would run is not what was approved.', {
      details: { requestId: request.id },
    })
  const entry = record(change, judgement, evidence, kernel)
  const closed: ApprovalRequest = { ...approved, executedBy: executed ? entry.hash : null }
  close(kernel, change, closed)
  if (executed) await supersede(kernel, change)
  const transition = resultOf(judgement, entry, change.instance, command)
  return {
    result: { status: executed ? 'executed' : 'blocked', request: closed, transition },
    isHeldUp: isOverLimit(ruling),
    plan: {
      // A stop of anybody who asked, approved or handed on a vote, or for whom one of them acted, holds this up.
      scopes: scopesBehind({
        ...instance,
        actor: request.requester,
        approval: approversOf(request),
      }),
      reservations,
    },
  }
}

/** The evidence of a request, salted as its action digest says. */
export function requestedEvidence(request: ApprovalRequest): Evidence {
  if (request.evidence === null)
    throw new LoopError('refused', 'The evidence of the request was erased.', {
      details: { requestId: request.id },
    })
  if (request.salt === '') return noEvidence
  return knownEvidence(request.evidence, request.salt)
}
