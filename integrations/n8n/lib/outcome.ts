import type { ApprovalRequest, TransitionResult } from '@loop-engine/client'

/**
 * How a request ended. `approved`: people approved, and the transition was executed. `executed`: it needed no approval.
 * `blocked`: people approved, but a guard no longer passed. `refused`: it was refused before people were asked.
 * `edited`: a reviewer changed the input, so a tool must not run as planned.
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
  /** What the agent that called a gated tool is told. */
  readonly data: { readonly approved: boolean; readonly chatInput?: string }
  readonly [fact: string]: unknown
}

/** The outcome of a request; null while it waits. */
export function outcomeOf(request: ApprovalRequest): Outcome | null {
  if (request.status === 'pending') return null
  // The last approval and the execution are one commit, so an approved request without an execution was blocked.
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

/** The outcome of an attempt that needs no decision of people. */
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
  // An approval has no text, because an agent would read it as a new instruction.
  const data = approved ? { approved } : { approved, chatInput: `Not approved (${said}).` }
  return { approved, outcome: kind, ...facts, data }
}

/**
 * The outcome for a gate in front of a tool. n8n runs the tool with the input that the agent planned, so an approval
 * that a reviewer edited does not approve that call.
 */
export function outcomeForTool(found: Outcome): Outcome {
  if (!found.approved || found['revision'] === undefined || found['revision'] === 1) return found
  const chatInput = `Not approved as planned. Plan the call anew with: ${JSON.stringify(found['evidence'])}`
  return { ...found, approved: false, outcome: 'edited', data: { approved: false, chatInput } }
}

function lastReason({ decisions }: ApprovalRequest): string | undefined {
  return decisions.findLast(({ decision }) => decision === 'reject')?.reason
}
