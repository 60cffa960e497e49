import type { ApprovalRequest, TransitionResult } from '@loop-engine/client'

/**
 * How a request ended. `approved` is the only one that licenses anything; `blocked` was approved, but a guard no longer
 * passed; `refused` never came to people; `executed` needed none; `edited` is an approval of something else.
 */
type OutcomeKind =
  | 'approved'
  | 'executed'
  | 'rejected'
  | 'expired'
  | 'superseded'
  | 'cancelled'
  | 'blocked'
  | 'edited'
  | 'refused'

export interface Outcome {
  readonly approved: boolean
  readonly outcome: OutcomeKind
  /** As the agent that called a gated tool is told of it. */
  readonly data: { readonly approved: boolean; readonly chatInput?: string }
  readonly [fact: string]: unknown
}

/** What became of a request, or null while it waits. */
export function outcomeOf(request: ApprovalRequest): Outcome | null {
  if (request.status === 'pending') return null
  // The last approval and the execution are one commit; without the one there is not the other.
  const isExecuted = request.status === 'approved' && typeof request.executedBy === 'string'
  const kind = request.status === 'approved' && !isExecuted ? 'blocked' : request.status
  const { id, loopId, aggregateId, runId, transitionId, revision, evidence, decidedAt } = request
  return outcome(isExecuted, kind, kind === 'rejected' ? lastReason(request) : undefined, {
    approvalId: id,
    loopId,
    aggregateId,
    runId,
    transition: transitionId,
    revision,
    evidence,
    decidedAt,
    receipt: request.executedBy,
    decisions: request.decisions.map(({ decision, reviewer, reason, at }) => ({
      decision,
      reviewer: { type: reviewer.type, id: reviewer.id, displayName: reviewer.displayName ?? null },
      reason: reason ?? null,
      at,
    })),
  })
}

/** What became of an attempt that nobody has to decide about. */
export function outcomeOfAttempt(
  result: Exclude<TransitionResult, { status: 'pending_approval' }>,
): Outcome {
  const { aggregateId, runId, transitionId } = result
  const facts = { aggregateId, runId, transition: transitionId }
  if (result.status === 'executed')
    return outcome(true, 'executed', undefined, { ...facts, receipt: result.receipt.entry })
  const { reason } = result
  return outcome(false, 'refused', reason, { ...facts, reason, guards: result.guards })
}

function outcome(
  approved: boolean,
  kind: OutcomeKind,
  reason: string | undefined,
  facts: Readonly<Record<string, unknown>>,
): Outcome {
  const said = reason === undefined ? kind : `${kind}: ${reason}`
  // An approval carries no words: to an agent they would be a new instruction.
  const data = approved ? { approved } : { approved, chatInput: `Not approved (${said}).` }
  return { approved, outcome: kind, ...facts, data }
}

/**
 * An outcome for a gate in front of a tool. n8n runs the tool with what the agent planned, so an approval of something
 * else, edited by a reviewer, is none of that.
 */
export function outcomeForTool(found: Outcome): Outcome {
  if (!found.approved || found['revision'] === undefined || found['revision'] === 1) return found
  const chatInput = `Not approved as planned. Plan the call anew with: ${JSON.stringify(found['evidence'])}`
  return { ...found, approved: false, outcome: 'edited', data: { approved: false, chatInput } }
}

function lastReason({ decisions }: ApprovalRequest): string | undefined {
  return decisions.findLast(({ decision }) => decision === 'reject')?.reason
}
