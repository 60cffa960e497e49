import { approvalStatuses, decisionKinds, type ApprovalRequest } from '@loop-engine/core'
import { decisionRefusals } from '@loop-engine/runtime'
import { z } from 'zod'

import { actorSchema } from './actor.ts'
import {
  hashSchema,
  idSchema,
  jsonObjectSchema,
  millisecondsSchema,
  reasonSchema,
} from './common.ts'
import { guardResultSchema, transitionResultSchema } from './instance.ts'
import { problemSchema } from './problem.ts'

const viewSchema = z
  .object({
    title: z.string(),
    loop: z.object({ id: z.string(), name: z.string(), version: z.string() }),
    aggregateId: z.string(),
    transition: z.object({
      id: z.string(),
      from: z.string(),
      to: z.string(),
      description: z.string().optional(),
      risk: z.string().optional(),
    }),
    requester: z.object({
      type: z.string(),
      id: z.string(),
      displayName: z.string().optional(),
      model: z.string().optional(),
      onBehalfOf: z.string().optional(),
    }),
    fields: z
      .array(
        z.object({
          path: z.string(),
          label: z.string(),
          value: z.unknown(),
          fromModel: z
            .boolean()
            .meta({ description: 'Whether a model wrote the value; show it as such.' }),
        }),
      )
      .readonly(),
    effect: z
      .object({ integration: z.string(), action: z.string(), input: z.unknown() })
      .optional()
      .meta({ description: 'What will run, with its exact input.' }),
    warnings: z.array(z.string()).readonly(),
    ifNothing: z.string().meta({ description: 'What happens when nobody decides.' }),
    expiresAt: millisecondsSchema,
  })
  .meta({ id: 'ApprovalView', description: 'What a reviewer must see before deciding.' })

export const approvalSchema = z
  .object({
    id: z.string(),
    tenant: z.string(),
    loopId: z.string(),
    aggregateId: z.string(),
    runId: z.string(),
    transitionId: z.string(),
    requester: actorSchema,
    revision: z.int(),
    stateVersion: z.int(),
    evidence: jsonObjectSchema.nullable(),
    actionDigest: hashSchema,
    view: viewSchema,
    viewHash: hashSchema,
    policy: z.looseObject({
      stages: z
        .array(
          z.object({
            name: z.string().optional(),
            reviewers: z.array(z.string()).readonly(),
            quorum: z.int(),
          }),
        )
        .readonly(),
      fourEyes: z.boolean(),
    }),
    stage: z.int(),
    decisions: z
      .array(
        z.object({
          decision: z.enum(decisionKinds),
          reviewer: actorSchema,
          stage: z.int(),
          revision: z.int(),
          reason: z.string().optional(),
          at: millisecondsSchema,
        }),
      )
      .readonly(),
    delegations: z
      .array(z.object({ from: z.string(), to: z.string(), stage: z.int(), at: millisecondsSchema }))
      .readonly(),
    escalated: z.array(z.string()).readonly(),
    status: z.enum(approvalStatuses),
    guards: z.array(guardResultSchema).readonly(),
    createdAt: millisecondsSchema,
    expiresAt: millisecondsSchema,
    decidedAt: millisecondsSchema.nullable(),
    executedBy: hashSchema.nullable(),
  })
  .meta({ id: 'ApprovalRequest', description: 'A transition that waits for people.' })

/** A request without the fields that do not leave the server: the salt, the references of channels, and the trace. */
export function approvalOf(request: ApprovalRequest): z.input<typeof approvalSchema> {
  const { salt: _, messages: __, trace: ___, ...rest } = request
  return rest
}

/** Which fields belong to which decision; the engine refuses others. */
const decisionShapes = [
  { properties: { decision: { const: 'edit' }, response: false } },
  { properties: { decision: { enum: ['respond', 'abstain'] }, edits: false } },
  { properties: { decision: { enum: ['approve', 'reject'] }, edits: false, response: false } },
]

export const decisionBodySchema = z
  .strictObject({
    decision: z.enum(decisionKinds),
    revision: z.int().min(1).meta({ description: 'The revision that the reviewer saw.' }),
    viewHash: hashSchema.meta({ description: 'The hash of the view that the reviewer saw.' }),
    reason: reasonSchema.optional(),
    edits: jsonObjectSchema.optional().meta({
      description: 'For `edit`: the whole evidence as it should be afterwards.',
    }),
    response: jsonObjectSchema.optional().meta({
      description: 'For `respond` and `abstain`: what the requester should know.',
    }),
  })
  .meta({ id: 'Decision', anyOf: decisionShapes })

const decided = {
  request: approvalSchema,
  replayed: z.literal(true).optional(),
}

export const decisionResultSchema = z
  .discriminatedUnion('status', [
    z.object({ ...decided, status: z.literal('recorded') }),
    z.object({ ...decided, status: z.literal('executed'), transition: transitionResultSchema }),
    z.object({ ...decided, status: z.literal('blocked'), transition: transitionResultSchema }),
    z.object({ ...decided, status: z.literal('rejected') }),
    z.object({ ...decided, status: z.literal('refused'), reason: z.enum(decisionRefusals) }),
  ])
  .meta({ id: 'DecisionResult' })

export const batchBodySchema = z.strictObject({
  decisions: z
    .array(
      decisionBodySchema
        .extend({ requestId: idSchema, idempotencyKey: idSchema.optional() })
        .meta({ anyOf: decisionShapes }),
    )
    .min(1)
    .max(100),
})

export const batchResultSchema = z.object({
  items: z.array(
    z.object({
      requestId: z.string(),
      result: decisionResultSchema.optional(),
      problem: problemSchema
        .optional()
        .meta({ description: 'The problem, if there is no result.' }),
    }),
  ),
})
