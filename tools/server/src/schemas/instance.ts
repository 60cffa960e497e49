import { instanceStatuses, rejectionReasons } from '@loop-engine/core'
import { z } from 'zod'

import { actorSchema } from './actor.ts'
import { hashSchema, jsonObjectSchema, millisecondsSchema } from './common.ts'

export const instanceSchema = z
  .object({
    tenant: z.string(),
    loopId: z.string(),
    aggregateId: z.string(),
    runId: z.string(),
    definition: z.object({ version: z.string(), digest: hashSchema }),
    currentState: z.string(),
    status: z.enum(instanceStatuses),
    version: z.int(),
    stateVersion: z.int(),
    transitions: z.int(),
    openApprovals: z.int(),
    metadata: jsonObjectSchema,
    tags: z.array(z.string()).readonly(),
    correlationId: z.string().nullable(),
    createdAt: millisecondsSchema,
    updatedAt: millisecondsSchema,
    head: hashSchema,
  })
  .meta({ id: 'Instance', description: 'One run of a loop.' })

export const guardResultSchema = z
  .object({
    id: z.string(),
    use: z.string(),
    severity: z.enum(['hard', 'soft']),
    passed: z.boolean(),
    parameters: jsonObjectSchema.optional(),
    reason: z.string().optional(),
    message: z.string().optional(),
    durationUs: z.number(),
  })
  .meta({ id: 'GuardResult' })

const receiptSchema = z
  .object({
    tenant: z.string(),
    runId: z.string(),
    aggregateId: z.string(),
    seq: z.int(),
    entry: hashSchema,
    transitionId: z.string(),
    actionDigest: hashSchema.optional(),
    expiresAt: millisecondsSchema,
  })
  .meta({ id: 'Receipt', description: 'The licence to act. It can be spent once.' })

const attempt = {
  aggregateId: z.string(),
  runId: z.string(),
  transitionId: z.string(),
  guards: z.array(guardResultSchema).readonly(),
  instance: instanceSchema,
  replayed: z.literal(true).optional(),
}

export const transitionResultSchema = z
  .discriminatedUnion('status', [
    z.object({
      ...attempt,
      status: z.literal('executed'),
      fromState: z.string(),
      toState: z.string(),
      receipt: receiptSchema,
    }),
    z.object({
      ...attempt,
      status: z.literal('pending_approval'),
      approvalId: z.string(),
      expiresAt: millisecondsSchema,
    }),
    z.object({ ...attempt, status: z.literal('guard_failed'), reason: z.string() }),
    z.object({
      ...attempt,
      status: z.literal('rejected'),
      reason: z.enum(rejectionReasons),
      message: z.string(),
    }),
  ])
  .meta({ id: 'TransitionResult' })

export const availableSchema = z
  .object({
    transitionId: z.string(),
    signal: z.string(),
    to: z.string(),
    allowed: z.boolean(),
    needsApproval: z.enum(['never', 'always', 'depends']),
    reasons: z.array(z.string()).readonly(),
  })
  .meta({
    id: 'AvailableTransition',
    description: 'A transition that the caller could attempt now, or why it is not allowed.',
  })

export const historyItemSchema = z
  .object({
    entry: z.looseObject({
      seq: z.int(),
      type: z.string(),
      at: millisecondsSchema,
      actor: actorSchema,
    }),
    hash: hashSchema,
    evidence: jsonObjectSchema.nullable(),
  })
  .meta({ id: 'HistoryItem', description: 'One entry of the record.' })
