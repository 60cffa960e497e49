import { approvalStatuses, decisionKinds } from '@loop-engine/core'
import { z } from 'zod'

import { idSchema, timeOf, timeSchema, untrustedShape } from '../schemas.ts'
import { approvalOf } from '../session.ts'
import { defineTool } from '../tool.ts'
import { untrusted } from '../untrusted.ts'

export const getApproval = defineTool({
  name: 'get_approval',
  title: 'Follow an approval',
  description:
    'The status of an approval request. You cannot decide it. Ask again later, not in a loop: people take minutes to days.',
  input: z.strictObject({ approvalId: idSchema }),
  output: z.object({
    approvalId: z.string(),
    status: z.enum(approvalStatuses),
    executed: z.boolean().describe('Whether the transition was taken.'),
    loopId: z.string(),
    aggregateId: z.string(),
    runId: z.string(),
    transitionId: z.string(),
    requestedBy: z.string(),
    requestedAt: timeSchema,
    expiresAt: timeSchema,
    decidedAt: timeSchema.optional(),
    stage: z.int().describe('Which of `stages` waits, from 1.'),
    stages: z.int(),
    revision: z.int().describe('Above 1 if a reviewer has changed the request.'),
    decisions: z.array(
      z.object({
        decision: z.enum(decisionKinds),
        by: z.string(),
        at: timeSchema,
        ...untrustedShape,
      }),
    ),
    decisionUrl: z.string().optional().describe('Where a person who may decide signs in.'),
  }),
  async run({ approvalId }, session) {
    const request = await approvalOf(session, approvalId)
    const { id, status, loopId, aggregateId, runId, transitionId, revision, stage } = request
    const decisionUrl = session.decisionUrl(request)
    return {
      approvalId: id,
      status,
      executed: request.executedBy !== null,
      loopId,
      aggregateId,
      runId,
      transitionId,
      requestedBy: request.requester.id,
      requestedAt: timeOf(request.createdAt),
      expiresAt: timeOf(request.expiresAt),
      ...(request.decidedAt !== null && { decidedAt: timeOf(request.decidedAt) }),
      stage: Math.min(stage + 1, request.policy.stages.length),
      stages: request.policy.stages.length,
      revision,
      decisions: request.decisions.slice(-50).map(({ decision, reviewer, at, reason }) => ({
        decision,
        by: reviewer.id,
        at: timeOf(at),
        ...untrusted({ reason }),
      })),
      ...(decisionUrl !== undefined && { decisionUrl }),
    }
  },
})
