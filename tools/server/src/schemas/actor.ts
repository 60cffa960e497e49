import { actorTypes, type Principal } from '@loop-engine/core'
import { z } from 'zod'

import { hashSchema, textSchema } from './common.ts'

const principalSchema: z.ZodType<Principal> = z
  .object({
    type: z.enum(actorTypes),
    id: z.string(),
    get onBehalfOf() {
      return principalSchema.optional()
    },
  })
  .meta({ id: 'Principal', description: 'A principal, and for whom it acts.' })

const usageSchema = z.object({
  inputTokens: z.int().min(0).optional(),
  outputTokens: z.int().min(0).optional(),
  cachedInputTokens: z.int().min(0).optional(),
  reasoningTokens: z.int().min(0).optional(),
  costUsd: z.number().min(0).optional(),
  costUsdTicks: z.int().min(0).optional(),
})

/** What an ai-agent says about the model that it asked. The identity of the agent comes from its credential only. */
export const attributionSchema = z
  .strictObject({
    provider: textSchema(128).optional(),
    modelId: textSchema(256).optional(),
    servedModel: textSchema(256).optional(),
    promptHash: hashSchema.optional(),
    promptVersion: textSchema(128).optional(),
    templateHash: hashSchema.optional(),
    confidence: z.number().min(0).max(1).optional(),
    usage: usageSchema.strict().optional(),
    responseId: textSchema(256).nullable().optional(),
    latencyMs: z.number().min(0).optional(),
    attempts: z.int().min(1).optional(),
  })
  .meta({
    id: 'Attribution',
    description: 'The model that was asked, and how. Only for an ai-agent.',
  })
export type Attribution = z.infer<typeof attributionSchema>

/** An actor as it is recorded. */
export const actorSchema = z
  .object({
    type: z.enum(actorTypes),
    id: z.string(),
    displayName: z.string().optional(),
    roles: z.array(z.string()).readonly().optional(),
    groups: z.array(z.string()).readonly().optional(),
    onBehalfOf: principalSchema.optional(),
    assurance: z
      .object({
        method: z.string(),
        issuer: z.string().optional(),
        subject: z.string().optional(),
        at: z.number().optional(),
      })
      .optional(),
    ...attributionSchema.shape,
    usage: usageSchema.optional(),
  })
  .meta({ id: 'Actor' })
