import type { ApprovalRequest, TransitionResult } from '@loop-engine/core'
import { z } from 'zod'

import { failedGuardsOf, failedGuardsSchema } from './failed-guards.ts'
import { timeOf, timeSchema } from './schemas.ts'
import type { Session } from './session.ts'
import { visibleLine } from './untrusted.ts'

/** The outcome of a request, as far as it is known now. */
export const outcomeSchema = z.object({
  status: z
    .enum(['executed', 'pending', 'blocked', 'rejected'])
    .describe(
      'executed: it was done. pending: people decide; follow it with get_approval. blocked: guards did not pass. rejected: see the reason.',
    ),
  aggregateId: z.string(),
  runId: z.string(),
  transitionId: z.string(),
  fromState: z.string().optional(),
  toState: z.string().optional(),
  approvalId: z.string().optional(),
  expiresAt: timeSchema.optional(),
  decisionUrl: z.string().optional().describe('Where a person who may decide signs in.'),
  reason: z.string().optional(),
  message: z.string().optional(),
  guards: failedGuardsSchema.optional().describe('Those that did not pass; soft ones warned.'),
  replayed: z.literal(true).optional().describe('The key was used before; nothing was done again.'),
})
export type Outcome = z.infer<typeof outcomeSchema>

/** The answer of the engine; for a request that had to wait, what people have decided since. */
export function outcomeOf(
  result: TransitionResult,
  request: ApprovalRequest | null,
  { decisionUrl }: Session,
): Outcome {
  const { aggregateId, runId, transitionId, replayed } = result
  const guards = failedGuardsOf(result.guards)
  const common = {
    aggregateId,
    runId,
    transitionId,
    ...(guards && { guards }),
    ...(replayed && { replayed }),
  }
  switch (result.status) {
    case 'executed':
      return {
        ...common,
        status: 'executed',
        fromState: result.fromState,
        toState: result.toState,
      }
    case 'guard_failed':
      return { ...common, status: 'blocked', reason: result.reason }
    case 'rejected':
      return {
        ...common,
        status: 'rejected',
        reason: result.reason,
        message: visibleLine(result.message),
      }
    case 'pending_approval': {
      const url = request ? decisionUrl(request) : undefined
      return {
        ...common,
        ...standingOf(request),
        approvalId: result.approvalId,
        expiresAt: timeOf(request?.expiresAt ?? result.expiresAt),
        ...(url !== undefined && { decisionUrl: url }),
      }
    }
  }
}

/** Where an approval request stands. A refused request is told apart from one that still waits. */
function standingOf(request: ApprovalRequest | null): Pick<Outcome, 'status' | 'reason'> {
  if (!request || request.status === 'pending') return { status: 'pending' }
  if (request.status !== 'approved')
    return { status: 'rejected', reason: `approval_${request.status}` }
  return request.executedBy === null
    ? { status: 'blocked', reason: 'blocked_after_approval' }
    : { status: 'executed' }
}
